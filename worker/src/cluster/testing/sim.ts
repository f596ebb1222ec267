import { seededRandom } from '@streamcluster/placement';
import { pino } from 'pino';
import { WorkerError } from '../../errors.ts';
import type { StreamName } from '../../media/stream-name.ts';
import { ManualClock } from '../../stream/clock.ts';
import { StreamRegistry } from '../../stream/registry.ts';
import type { Stream } from '../../stream/stream.ts';
import { aacConfig, avcConfig, picture } from '../../stream/testing/frames.ts';
import { MemoryConnection } from '../../stream/testing/memory-connection.ts';
import { MemoryEngine } from '../../stream/testing/memory-engine.ts';
import { Watch } from '../../stream/testing/rig.ts';
import type { CpuFacts } from '../../topology/cpu-facts.ts';
import { Cluster } from '../cluster.ts';
import type {
  AssignCall,
  Peers,
  PrepareCall,
  RelayDialer,
  RelayLink,
  RelayLinkHandler,
  RelayRequest,
  ReleaseAnswer,
  ReleaseCall,
  ServeCall,
  ServeResult,
} from '../peers.ts';
import {
  bucketKey,
  loadSubject,
  parseDirectoryEntry,
  type DirectoryEntry,
} from '@streamcluster/proto';
import { defaultSettings } from '../settings.ts';
import type { Publication, RevokeReason } from '../stream-access.ts';
import { RelayFullError, type RelaySeat } from '../relay-guests.ts';
import { MemoryNats, type MemoryBus } from './memory-nats.ts';

const FRAME_MS = 40;
const CPU_FACTS: CpuFacts = {
  cpus: [4],
  allowedCpus: [4, 12],
  memoryNodes: [1],
  numaNode: 1,
  alignment: 'aligned',
  isExclusive: true,
  loopCpu: 4,
};

/** A whole cluster on one clock: the real cluster and stream code of every
 * worker, an in-memory bus, relays without sockets. */
export class Sim {
  readonly clock = new ManualClock();
  readonly nats = new MemoryNats(this.clock);
  readonly workers = new Map<string, SimWorker>();
  readonly random = seededRandom(1);
  /** Pairs of workers that do not reach one another. */
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

  /** Nothing gets from one side to the other, relays and calls alike. NATS is at neither. */
  split(one: readonly SimWorker[], other: readonly SimWorker[]): void {
    for (const a of one) {
      for (const b of other) this.cuts.add(`${a.id} ${b.id}`).add(`${b.id} ${a.id}`);
    }
  }

  heal(): void {
    this.cuts.clear();
  }

  reaches(from: string, to: SimWorker): boolean {
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

export class SimWorker {
  readonly id: string;
  readonly sim: Sim;
  readonly bus: MemoryBus;
  readonly streams: StreamRegistry;
  readonly cluster: Cluster;
  readonly settings = defaultSettings();
  readonly links = new Set<SimLink>();
  readonly publishers = new Set<SimPublisher>();
  readonly viewers = new Set<Watch>();
  readonly dialed: RelayRequest[] = [];
  drainEvents: string[] = [];
  isUp = true;
  /** Share of the time that its loop is busy from now on; and what reports say. */
  busy = 0.1;
  loopUtilization = 0.1;
  private lookedAtMs = 0;
  private activeTotalMs = 0;
  /** Answers nobody, but lives. */
  isHung = false;
  publicAddresses = { http: '', https: '' };

  constructor(sim: Sim, id: string) {
    this.sim = sim;
    this.id = id;
    const { clock, nats, random } = sim;
    const log = pino({ level: process.env['SIM_LOG'] ?? 'silent', base: { worker: id } });
    this.bus = nats.connect();
    this.streams = new StreamRegistry({
      engine: new MemoryEngine(),
      clock,
      log,
      config: () => this.settings.streams,
    });
    this.cluster = new Cluster({
      self: id,
      subjectOf: (worker) => loadSubject('test', 'test', worker),
      bus: this.bus,
      peers: new SimPeers(sim, id),
      dialer: new SimDialer(this),
      streams: this.streams,
      clock,
      random,
      log,
      settings: this.settings,
      facts: {
        pid: 1,
        startedUnixMs: clock.unixMs(),
        grpcAddress: this.address,
        httpAddress: this.address,
      },
      cpuFacts: () => CPU_FACTS,
      publicAddresses: () => this.publicAddresses,
      sample: () => ({
        loopUtilization: this.loopUtilization,
        tickLagMs: 0,
        bytesInPerSecond: 0,
        bytesOutPerSecond: 0,
        connections: 0,
        arenaBytes: 0,
        rssBytes: 0,
      }),
      work: () => ({
        activeMs: this.activeMs(),
        sendMs: 0,
        tickSendMs: 0,
        sendCalls: 0,
        bytesSent: 0,
      }),
      hasRoom: () => true,
      onDraining: (isDraining) => {
        this.drainEvents.push(isDraining ? 'draining' : 'back');
        this.cluster.reports.send();
      },
      onRefusing: () => this.drainEvents.push('refusing'),
      onSteered: () => undefined,
      onDrained: () => this.drainEvents.push('drained'),
    });
  }

  get address(): string {
    return `${this.id}:1`;
  }

  private activeMs(): number {
    const nowMs = this.sim.clock.nowMs();
    this.activeTotalMs += (nowMs - this.lookedAtMs) * this.busy;
    this.lookedAtMs = nowMs;
    return this.activeTotalMs;
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

  /** Publishes; frames follow by themselves until it is stopped. */
  async publish(name: StreamName): Promise<SimPublisher> {
    const publisher = new SimPublisher(this);
    publisher.publication = await this.sim.settle(
      this.cluster.publish(name, {
        protocol: 'test',
        remoteAddress: '127.0.0.1',
        onRevoked: (reason) => publisher.revoked.push(reason),
      }),
    );
    publisher.begin();
    this.publishers.add(publisher);
    return publisher;
  }

  async view(name: StreamName): Promise<Watch> {
    const viewer = new Watch(await this.sim.settle(this.cluster.view(name)), 'flv');
    this.viewers.add(viewer);
    return viewer;
  }

  stream(name: StreamName): Stream | undefined {
    return this.streams.get(name);
  }

  turn(): void {
    if (!this.isUp) return;
    for (const publisher of this.publishers) publisher.turn();
    for (const link of [...this.links]) link.pump();
    for (const viewer of this.viewers) viewer.connection.pump();
  }
}

/** A publisher that sends a picture every 40 ms. */
export class SimPublisher {
  publication: Publication | undefined = undefined;
  readonly revoked: RevokeReason[] = [];
  isSending = true;
  private readonly worker: SimWorker;
  private startMs = 0;
  private frames = 0;

  constructor(worker: SimWorker) {
    this.worker = worker;
  }

  begin(): void {
    this.startMs = this.worker.sim.clock.nowMs();
    this.publication?.append(avcConfig());
    this.publication?.append(aacConfig());
    this.turn();
  }

  turn(): void {
    const elapsedMs = this.worker.sim.clock.nowMs() - this.startMs;
    while (this.isSending && this.frames * FRAME_MS <= elapsedMs) {
      this.publication?.append(picture(this.frames * FRAME_MS, this.frames % 25 === 0));
      this.frames += 1;
    }
  }

  /** The connection broke. */
  lose(): void {
    this.isSending = false;
    this.publication?.close('lost');
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

class SimDialer implements RelayDialer {
  private readonly worker: SimWorker;

  constructor(worker: SimWorker) {
    this.worker = worker;
  }

  dial(request: RelayRequest, handler: RelayLinkHandler): RelayLink {
    const { sim } = this.worker;
    this.worker.dialed.push(request);
    const link = new SimLink(this.worker, sim.byAddress(request.address), request, handler);
    this.worker.links.add(link);
    sim.clock.setTimer(1, () => link.open());
    return link;
  }
}

class SimLink implements RelayLink {
  readonly target: SimWorker | undefined;
  private readonly owner: SimWorker;
  private readonly request: RelayRequest;
  private readonly handler: RelayLinkHandler;
  private readonly connection: MemoryConnection;
  private isOver = false;

  constructor(
    owner: SimWorker,
    target: SimWorker | undefined,
    request: RelayRequest,
    handler: RelayLinkHandler,
  ) {
    this.owner = owner;
    this.target = target;
    this.request = request;
    this.handler = handler;
    this.connection = new MemoryConnection({ onClose: () => this.breakOff() });
  }

  open(): void {
    const { target, request } = this;
    // A packet that gets nowhere says nothing.
    if (this.isOver || this.isCut) return;
    if (target?.isUp !== true || !this.owner.isUp) {
      this.breakOff();
      return;
    }
    const name = { app: request.app, name: request.name, key: `${request.app}/${request.name}` };
    target.cluster.seat({ ...request, name }).then(
      (seat) => this.attach(seat),
      (error: unknown) => {
        const isFull = error instanceof RelayFullError;
        const tryWorker = isFull ? error.tryWorker : undefined;
        const status = error instanceof WorkerError ? error.httpStatus : 500;
        if (!this.isOver) this.handler.onRefused({ status, isFull, tryWorker });
        this.breakOff();
      },
    );
  }

  pump(): void {
    if (this.isOver || this.isCut || this.target?.isHung !== false) return;
    this.connection.pump();
    this.deliver();
  }

  close(): void {
    this.isOver = true;
    this.owner.links.delete(this);
    this.connection.close();
  }

  breakOff(): void {
    if (this.isOver) return;
    this.deliver();
    if (this.over()) return;
    this.isOver = true;
    this.owner.links.delete(this);
    this.connection.close();
    this.handler.onClosed('remote');
  }

  private get isCut(): boolean {
    return this.target !== undefined && !this.owner.sim.reaches(this.owner.id, this.target);
  }

  private over(): boolean {
    return this.isOver;
  }

  private attach(seat: RelaySeat): void {
    if (this.isOver) {
      seat.giveUp();
      return;
    }
    const { fromSequence } = this.request;
    seat.attach({
      connection: this.connection,
      ...(fromSequence === undefined ? {} : { fromSequence }),
      onClosed: () => this.connection.end(),
    });
  }

  private deliver(): void {
    const bytes = this.connection.take();
    if (bytes.length > 0) this.handler.onBytes(bytes, 0, bytes.length);
  }
}
