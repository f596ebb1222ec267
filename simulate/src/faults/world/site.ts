import { seededRandom, type Random } from '@streamcluster/placement';
import { bucketKey, parseDirectoryEntry, type DirectoryEntry } from '@streamcluster/proto';
import {
  MemoryNats,
  type BareWorker,
  type Bus,
  type MemoryBus,
  type SimNet,
  type StreamName,
} from '@streamcluster/worker/testing';
import { BusLine } from './bus-line.ts';
import { Network, type Node } from './network.ts';
import { operatorControl, type ServeRecord } from './operator-control.ts';
import { OperatorNode } from './operator-node.ts';
import { SiteRuntime } from './site-runtime.ts';
import { WorldClock } from './world-clock.ts';
import { WorkerNode } from './worker-node.ts';
import { idOf, OPERATOR } from './worker-peers.ts';

export interface SiteOptions {
  readonly seed: number;
  readonly workers: number;
  readonly delayMs: readonly [number, number];
  readonly lossShare: number;
  /** No stream is hot enough to be split: its home moves instead. */
  readonly hasMoves: boolean;
  /** What a worker sees of its bus; for breaking it on purpose. */
  readonly seen: (bus: Bus) => Bus;
}

export const NATS = 'nats';
const START_MS = [200, 1_500] as const;
/** So long a worker that is to end is waited for. */
const MAX_GRACE_SECONDS = 20;
const SPEC = `
  rebalance: {maxMovesPercent: 100}
  service: {redirect: {mode: HostPorts}}
  drain: {deadlineSeconds: 20, publisherGraceSeconds: 4, lingerSeconds: 1}`;

/** A whole cluster: workers, operator, NATS, and what lies between them. */
export class Site implements SimNet {
  readonly clock = new WorldClock();
  readonly network: Network;
  readonly nats: MemoryNats;
  readonly runtime: SiteRuntime;
  readonly workers = new Map<string, WorkerNode>();
  /** Changes of who serves a stream that the operator brought about. */
  readonly served: ServeRecord[] = [];
  operator: OperatorNode | undefined = undefined;
  server: 'up' | 'hung' | 'down' = 'up';
  /** When server or bucket changed last. */
  serverChangedAtMs = 0;
  private readonly options: SiteOptions;
  private readonly randoms: (purpose: string) => Random;

  constructor(options: SiteOptions) {
    this.options = options;
    this.randoms = randomsOf(options.seed);
    const { clock } = this;
    this.network = new Network({
      ...{ clock, delayMs: options.delayMs },
      random: this.randoms('network'),
      nodeOf: (id) => (id === OPERATOR ? this.operator : this.workers.get(id)),
    });
    this.network.lossShare = options.lossShare;
    this.nats = new MemoryNats(clock);
    this.nats.delayMs = () => this.network.delayMs();
    this.network.onChange(() => this.lookAtLines());
    this.runtime = new SiteRuntime(specOf(options), {
      start: (name) => this.startSoon(name),
      stop: (name, graceSeconds) => this.stop(name, graceSeconds),
    });
  }

  /** Chance for a purpose of its own: what others draw does not change it. */
  random(purpose: string): Random {
    return this.randoms(purpose);
  }

  async start(): Promise<void> {
    for (let slot = 0; slot < this.options.workers; slot += 1) await this.runtime.create(slot);
    this.startOperator();
  }

  /** Those that are there, hung or not. */
  nodes(): WorkerNode[] {
    return [...this.workers.values()].filter(({ isUp }) => isUp);
  }

  /** As the bucket has it. */
  entry(name: StreamName): DirectoryEntry | undefined {
    const value = this.nats.rows.get(bucketKey(name.key))?.value;
    return value === undefined ? undefined : parseDirectoryEntry(value);
  }

  byAddress(address: string): BareWorker | undefined {
    const node = this.workers.get(idOf(address));
    return node?.isUp === true ? node.worker : undefined;
  }

  areJoined(one: BareWorker, other: BareWorker): boolean {
    return (
      one.isUp &&
      other.isUp &&
      !one.isHung &&
      !other.isHung &&
      this.network.areJoined(one.id, other.id)
    );
  }

  /** Media moves on; those who are done go. */
  turn(): void {
    for (const node of this.nodes()) {
      if (!node.isWell) continue;
      node.worker.turn();
      if (node.worker.drainEvents.includes('drained')) this.exit(node, 'drained');
    }
  }

  setServer(state: 'up' | 'hung' | 'down'): void {
    this.server = state;
    this.serverChangedAtMs = this.clock.nowMs();
    this.nats.setHung(state === 'hung');
    this.lookAtLines();
  }

  wipe(noticedAfterMs: () => number): void {
    this.serverChangedAtMs = this.clock.nowMs();
    this.nats.wipe(noticedAfterMs);
  }

  /** As by kill -9: its successor is started by the operator. */
  crash(node: WorkerNode): void {
    this.exit(node, 'failed');
  }

  crashOperator(): void {
    this.operator?.die();
    this.operator = undefined;
  }

  startOperator(): void {
    if (this.operator !== undefined) return;
    this.operator = new OperatorNode({
      ...{ world: this.clock, nats: this.nats, runtime: this.runtime },
      random: this.randoms('operator'),
      lineOf: (bus, node) => this.lineOf(bus, node),
      controlOf: (node) =>
        operatorControl({
          ...{ network: this.network, node },
          workerOf: (id) => this.upWorker(id),
          onServed: (record) => this.served.push(record),
        }),
    });
    this.operator.start();
  }

  private upWorker(id: string): WorkerNode | undefined {
    const node = this.workers.get(id);
    return node?.isUp === true ? node : undefined;
  }

  private exit(node: WorkerNode, kind: 'failed' | 'drained'): void {
    const { id } = node;
    node.die();
    this.breakLinks(node.worker);
    const ranMs = this.clock.nowMs() - node.startedAtMs;
    const { phase } = this.runtime.instances.get(id) ?? {};
    if (phase === 'stopping') this.runtime.gone(id);
    else if (phase === 'running') {
      const exit = { detail: kind, kind, ranMs };
      this.runtime.change(id, { phase: 'exited', isReady: false, exit });
    }
  }

  /** Who pulls from it learns it from the network, as far as that goes. */
  private breakLinks(worker: BareWorker): void {
    for (const link of [...worker.links]) link.close();
    for (const { id, clock, worker: other } of this.nodes()) {
      if (!this.network.areJoined(id, worker.id)) continue;
      for (const link of other.links) {
        if (link.target === worker) clock.setTimer(1, () => link.breakOff());
      }
    }
  }

  private startSoon(name: string): void {
    const [least, most] = START_MS;
    const delayMs = least + (most - least) * this.randoms('start').next();
    this.clock.setTimer(delayMs, () => {
      const { phase } = this.runtime.instances.get(name) ?? {};
      if (phase === 'running' && this.upWorker(name) === undefined) this.startWorker(name);
    });
  }

  private startWorker(id: string): void {
    const before = this.workers.get(id);
    const node = new WorkerNode({
      ...{ id, world: this.clock, network: this.network, nats: this.nats, net: this },
      random: this.randoms(id),
      seen: this.options.seen,
      wallOffMs: before?.clock.wallOffMs ?? 0,
      lineOf: (bus, one) => this.lineOf(bus, one),
      workerOf: (other) => this.upWorker(other),
      place: (stream, ingest) => {
        if (this.operator === undefined) throw new Error('no operator');
        return this.operator.place(stream, ingest);
      },
    });
    this.workers.set(id, node);
    node.start();
  }

  private stop(name: string, graceSeconds: number): void {
    const node = this.upWorker(name);
    if (node === undefined) {
      this.runtime.gone(name);
      return;
    }
    const deadlineSeconds = Math.min(graceSeconds, MAX_GRACE_SECONDS);
    const plan = { deadlineSeconds, publisherGraceSeconds: 1, lingerSeconds: 0 };
    node.clock.setTimer(1, () =>
      node.worker.cluster.control.drain({ ...plan, reason: 'Signal', isFinal: true }),
    );
    this.clock.setTimer((deadlineSeconds + 5) * 1_000, () => {
      if (node.isUp) this.exit(node, 'failed');
    });
  }

  private lineOf(bus: MemoryBus, node: Node): BusLine {
    return new BusLine({
      bus,
      clock: node.clock,
      random: this.randoms('lines'),
      isJoined: () => this.network.areJoined(node.id, NATS),
      server: () => this.server,
    });
  }

  private lookAtLines(): void {
    for (const { line } of this.nodes()) line.look();
    this.operator?.line.look();
  }
}

function specOf({ workers, hasMoves }: SiteOptions): string {
  const hot = hasMoves ? 'hotStreams: {splitAtMeanLoad: 100},' : '';
  return `{fixed: {replicas: ${workers}},${hot}${SPEC.trim().replaceAll('\n', ',')}}`;
}

/** One source for each purpose, made when it is first asked for. */
function randomsOf(seed: number): (purpose: string) => Random {
  const made = new Map<string, Random>();
  return (purpose) => {
    let random = made.get(purpose);
    if (random === undefined) {
      let mixed = seed;
      for (const char of purpose) mixed = (Math.imul(mixed, 31) + char.charCodeAt(0)) | 0;
      random = seededRandom(mixed);
      made.set(purpose, random);
    }
    return random;
  };
}
