import { seededRandom } from '@streamcluster/placement';
import {
  bucketKey,
  loadSubject,
  parseDirectoryEntry,
  type DirectoryEntry,
} from '@streamcluster/proto';
import type { StreamName } from '../../media/stream-name.ts';
import { ManualClock } from '../../stream/clock.ts';
import type { Watch } from '../../stream/testing/rig.ts';
import type {
  AssignCall,
  Peers,
  PrepareCall,
  ReleaseAnswer,
  ReleaseCall,
  ServeCall,
  ServeResult,
} from '../peers.ts';
import { BareWorker, type SimNet } from './bare-worker.ts';
import type { MemoryBus } from './memory-bus.ts';
import { MemoryNats } from './memory-nats.ts';
import type { SimPublisher } from './sim-publisher.ts';

export type { SimPublisher } from './sim-publisher.ts';

const FRAME_MS = 40;

/** A whole cluster on one clock: the real cluster and stream code of every
 * worker, an in-memory bus, relays without sockets. */
export class Sim implements SimNet {
  readonly clock = new ManualClock();
  readonly nats = new MemoryNats(this.clock);
  readonly workers = new Map<string, SimWorker>();
  readonly random = seededRandom(1);
  private readonly cuts = new Set<string>();
  /** What the operator answers; undefined: it is not there. */
  operator: ((stream: string, ingest: string) => string) | undefined = undefined;

  async add(...ids: string[]): Promise<SimWorker[]> {
    const added = ids.map((id) => new SimWorker(this, id));
    for (const worker of added) {
      this.workers.set(worker.id, worker);
      worker.cluster.start();
    }
    // Everybody has heard everybody.
    await this.run(3_000);
    return added;
  }

  /** Lets time pass, step by step, with all that it causes. */
  async run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(STEP_MS, left));
      for (const worker of this.workers.values()) worker.turn();
      await flush();
    }
  }

  /** Runs until the promise is settled. */
  async settle<Value>(promise: Promise<Value>): Promise<Value> {
    const settled = { isDone: false };
    const finish = (): void => void (settled.isDone = true);
    promise.then(finish, finish);
    for (let step = 0; !settled.isDone && step < 20_000; step += 1) await this.run(1);
    return await promise;
  }

  /** As the bucket has it. */
  entry(name: StreamName): DirectoryEntry | undefined {
    const value = this.nats.rows.get(bucketKey(name.key))?.value;
    return value === undefined ? undefined : parseDirectoryEntry(value);
  }

  areJoined(one: BareWorker, other: BareWorker): boolean {
    return !other.isHung && this.reaches(one.id, other);
  }

  /** Nothing gets from one side to the other, relays and calls alike. NATS is at neither. */
  split(one: readonly SimWorker[], other: readonly SimWorker[]): void {
    for (const a of one) {
      for (const b of other) this.cuts.add(`${a.id} ${b.id}`).add(`${b.id} ${a.id}`);
    }
  }

  heal(): void {
    this.cuts.clear();
  }

  reaches(from: string, to: BareWorker): boolean {
    return !this.cuts.has(`${from} ${to.id}`);
  }

  byAddress(address: string): SimWorker | undefined {
    return [...this.workers.values()].find((worker) => worker.isUp && worker.address === address);
  }
}

const STEP_MS = 5;

export function flush(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A worker of it, whose calls wait until they are answered. */
export class SimWorker extends BareWorker {
  readonly sim: Sim;
  readonly bus: MemoryBus;

  constructor(sim: Sim, id: string) {
    const { clock, random } = sim;
    const bus = sim.nats.connect();
    const subjectOf = (worker: string): string => loadSubject('test', 'test', worker);
    const peers = new SimPeers(sim, id);
    super({ id, clock, bus, random, peers, net: sim, subjectOf, frameMs: FRAME_MS });
    this.sim = sim;
    this.bus = bus;
  }

  /** Gone without a word, as by kill -9. */
  kill(): void {
    this.isUp = false;
    this.bus.setConnected(false);
    for (const link of [...this.links]) link.close();
    for (const worker of this.sim.workers.values()) {
      for (const link of [...worker.links]) if (link.target === this) link.breakOff();
    }
  }

  async publish(name: StreamName): Promise<SimPublisher> {
    return await this.sim.settle(this.startPublishing(name));
  }

  async view(name: StreamName): Promise<Watch> {
    return await this.sim.settle(this.startViewing(name));
  }
}

class SimPeers implements Peers {
  private readonly sim: Sim;
  private readonly self: string;

  constructor(sim: Sim, self: string) {
    this.sim = sim;
    this.self = self;
  }

  async release(address: string, call: ReleaseCall): Promise<ReleaseAnswer> {
    await this.wait(2);
    return (await this.target(address)).cluster.control.release(call);
  }

  async assign(address: string, call: AssignCall): Promise<void> {
    await this.wait(2);
    await (await this.target(address)).cluster.control.assign(call);
  }

  async prepare(address: string, call: PrepareCall): Promise<string | undefined> {
    await this.wait(2);
    return await (await this.target(address)).cluster.control.prepare(call);
  }

  async serve(address: string, call: ServeCall): Promise<ServeResult> {
    await this.wait(2);
    return (await (await this.target(address)).cluster.control.serve(call)).result;
  }

  async place(stream: string, ingest: string): Promise<string> {
    await this.wait(2);
    const { operator } = this.sim;
    if (operator !== undefined) return operator(stream, ingest);
    throw new Error('no operator');
  }

  private async target(address: string): Promise<SimWorker> {
    const worker = this.sim.byAddress(address);
    if (worker?.isHung === false && this.sim.reaches(this.self, worker)) return worker;
    await this.wait(worker === undefined ? 1 : 1_000);
    throw new Error('no answer');
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.sim.clock.setTimer(ms, resolve);
    });
  }
}
