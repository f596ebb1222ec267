import {
  ManagedCluster,
  noSessions,
  quietLog,
  WorkQueue,
  type MemoryRuntime,
  type WorkerControl,
} from '@streamcluster/operator/testing';
import type { Random } from '@streamcluster/placement';
import type { MemoryBus, MemoryNats } from '@streamcluster/worker/testing';
import type { BusLine } from './bus-line.ts';
import type { Node } from './network.ts';
import { NodeClock } from './node-clock.ts';
import { OperatorLink } from './operator-link.ts';
import type { WorldClock } from './world-clock.ts';
import { OPERATOR } from './worker-peers.ts';

export interface OperatorNodeOptions {
  readonly world: WorldClock;
  readonly nats: MemoryNats;
  readonly lineOf: (bus: MemoryBus, node: Node) => BusLine;
  readonly runtime: MemoryRuntime;
  readonly controlOf: (node: Node) => WorkerControl;
  readonly random: Random;
}

const KEY = 'default/test';
const ENDPOINTS = { rtmp: 1935, http: 8080, rtmps: 1936, https: 8443 };

/** One process of the operator, which leads. */
export class OperatorNode implements Node {
  readonly id = OPERATOR;
  readonly clock: NodeClock;
  readonly bus: MemoryBus;
  readonly line: BusLine;
  readonly managed: ManagedCluster;
  readonly startedAtMs: number;
  private readonly queue: WorkQueue;

  constructor({ world, nats, lineOf, runtime, controlOf, random }: OperatorNodeOptions) {
    this.clock = new NodeClock(world);
    this.startedAtMs = world.nowMs();
    this.bus = nats.connect(this.clock);
    this.line = lineOf(this.bus, this);
    const { clock } = this;
    const log = quietLog(OPERATOR);
    this.queue = new WorkQueue({
      work: async (key) => this.queue.addAfter(key, await this.managed.pass()),
      ...{ parallel: 1, random: () => random.next(), clock, log },
    });
    this.managed = new ManagedCluster({
      ...{ runtime, clock, random, log, endpoints: ENDPOINTS },
      link: new OperatorLink(this.bus, nats),
      control: { ...controlOf(this), ...noSessions },
      directory: { bucket: 'simulated', storage: 'memory', replicas: 1 },
      onCount: () => undefined,
      onStreamChange: () => undefined,
      onDue: () => this.queue.add(KEY),
      isLeading: () => true,
    });
  }

  start(): void {
    this.managed.start();
    this.queue.start();
    this.queue.add(KEY);
  }

  place(stream: string, ingest: string): string {
    return this.managed.placer.place(stream, ingest).worker;
  }

  /** Gone without a word. What its runtime would still tell it goes nowhere. */
  die(): void {
    this.clock.die();
    this.bus.destroy();
    void this.queue.stop();
  }
}
