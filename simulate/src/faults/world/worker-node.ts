import { loadSubject } from '@streamcluster/proto';
import type { Random } from '@streamcluster/placement';
import {
  BareWorker,
  type Bus,
  type MemoryBus,
  type MemoryNats,
  type SimNet,
} from '@streamcluster/worker/testing';
import type { BusLine } from './bus-line.ts';
import type { Network, Node } from './network.ts';
import { NodeClock } from './node-clock.ts';
import type { WorldClock } from './world-clock.ts';
import { WorkerPeers } from './worker-peers.ts';

export interface WorkerNodeOptions {
  readonly id: string;
  readonly world: WorldClock;
  readonly network: Network;
  readonly net: SimNet;
  readonly nats: MemoryNats;
  readonly lineOf: (bus: MemoryBus, node: Node) => BusLine;
  readonly workerOf: (id: string) => WorkerNode | undefined;
  readonly place: (stream: string, ingest: string) => string;
  /** What the worker sees of its bus. */
  readonly seen: (bus: Bus) => Bus;
  readonly random: Random;
  readonly wallOffMs: number;
}

/** Pictures of a publisher come this often: seldom, because each costs time. */
const FRAME_MS = 200;

/** One process of a worker; its successor of the same name is another one. */
export class WorkerNode implements Node {
  readonly id: string;
  readonly clock: NodeClock;
  readonly bus: MemoryBus;
  readonly line: BusLine;
  readonly worker: BareWorker;
  readonly startedAtMs: number;
  /** When it began or ended to hang. */
  changedAtMs: number;

  constructor(options: WorkerNodeOptions) {
    const { id, world, network, nats, net, random, wallOffMs } = options;
    this.id = id;
    this.clock = new NodeClock(world);
    this.clock.wallOffMs = wallOffMs;
    this.startedAtMs = world.nowMs();
    this.changedAtMs = this.startedAtMs;
    this.bus = nats.connect(this.clock);
    this.line = options.lineOf(this.bus, this);
    const peers = new WorkerPeers({ ...options, network, node: this });
    const bus = options.seen(this.bus);
    const { clock } = this;
    this.worker = new BareWorker({
      ...{ id, clock, bus, peers, net, random, frameMs: FRAME_MS },
      subjectOf: (worker) => loadSubject('default', 'test', worker),
    });
    this.worker.publicAddresses = { http: this.worker.address, https: '' };
  }

  get isUp(): boolean {
    return this.worker.isUp;
  }

  get isWell(): boolean {
    return this.isUp && !this.clock.isHung;
  }

  start(): void {
    this.worker.cluster.start();
  }

  /** Gone without a word, as by kill -9. */
  die(): void {
    this.worker.isUp = false;
    this.clock.die();
    this.bus.destroy();
  }

  setHung(isHung: boolean): void {
    if (isHung === this.clock.isHung) return;
    this.changedAtMs = this.clock.nowMs();
    this.worker.isHung = isHung;
    if (isHung) this.clock.hang();
    else this.clock.goOn();
  }
}
