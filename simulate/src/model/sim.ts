import {
  balanceOf,
  CYCLE_MS,
  pick,
  Reservations,
  seededRandom,
  shedShare,
  type Balance,
  type CycleSettings,
  type Random,
  type ViewerMode,
} from '@streamcluster/placement';
import { poisson } from '../draws/poisson.ts';
import type { Actions, Strategy } from '../strategies/strategy.ts';
import { Audience } from './audience.ts';
import { Cluster } from './cluster.ts';
import { Landing } from './landing.ts';
import type { Part, SimStream, SimWorker, ViewerKind } from './parts.ts';
import { Redirects } from './redirects.ts';
import { Reports, type ReportOptions } from './reports.ts';

export interface SimOptions {
  readonly seed: number;
  readonly mode: ViewerMode;
  readonly workers: number;
  readonly reports?: Partial<ReportOptions>;
  readonly maxMovesPercent?: number;
}

/** Who comes and goes. */
export interface Traffic {
  readonly arrivalsPerSecond: number;
  /** Share of all viewers that leaves in a second. */
  readonly leaveShare: number;
  readonly stream: () => SimStream | undefined;
  readonly kind: () => ViewerKind;
}

/** What a run has done so far. */
export interface Tally {
  /** Streams whose home or replicas changed, each change counted. */
  streamsTouched: number;
  /** The most of one cycle. */
  mostTouched: number;
  cycles: number;
}

export const STEP_MS = 500;
/** An assignment by gRPC and a compare-and-set in the directory. */
const SERVERS_MS = 1_000;
/** A label, the endpoints, and kube-proxy on every node. */
const LABEL_MS = 2_000;
/** How often a player of HLS asks for the playlist. */
const ASK_MS = 2_000;
const MAX_IMBALANCE = 1.25;

interface Due {
  readonly atMs: number;
  readonly act: () => void;
}

/** A cluster with its viewers over time, under one strategy; the same for the same seed. */
export class Sim {
  readonly mode: ViewerMode;
  readonly cluster = new Cluster();
  readonly random: Random;
  readonly audience: Audience;
  readonly reports: Reports;
  readonly landing: Landing;
  readonly reservations = new Reservations();
  readonly settings: CycleSettings;
  readonly tally: Tally = { streamsTouched: 0, mostTouched: 0, cycles: 0 };
  /** May be set at any time, as the traffic. */
  strategy: Strategy;
  traffic: Traffic | undefined = undefined;
  nowMs = 0;
  private readonly redirects: Redirects;
  private due: Due[] = [];
  private nextCycleMs = 0;
  private stripe = 0;

  constructor(options: SimOptions, strategy: Strategy) {
    const { seed, mode, workers, reports, maxMovesPercent = 2 } = options;
    this.random = seededRandom(seed);
    this.mode = mode;
    this.strategy = strategy;
    this.settings = {
      ...{ mode, maxImbalance: MAX_IMBALANCE, maxMovesPercent },
      ...{ splitAtMeanLoad: 0.5, maxReplicas: undefined },
    };
    for (let i = 0; i < workers; i += 1) this.cluster.addWorker();
    this.audience = new Audience(this.cluster);
    this.reports = new Reports(this.cluster, this.random, { lost: 0, delayMs: 0, ...reports });
    this.landing = new Landing(this.cluster, this.random);
    const { maxImbalance } = this.settings;
    this.redirects = new Redirects(this.cluster, this.reports, this.random, { maxImbalance });
  }

  get balance(): Balance {
    return balanceOf(this.cluster.workers.filter(({ serves }) => serves).map(({ load }) => load));
  }

  /** The same of viewers, whatever they cost. */
  get viewerBalance(): Balance {
    const serving = this.cluster.workers.filter(({ serves }) => serves);
    const viewers = new Map(serving.map((worker) => [worker, 0]));
    for (let index = 0; index < this.audience.size; index += 1) {
      const worker = this.audience.partAt(index)?.worker;
      if (worker !== undefined) viewers.set(worker, (viewers.get(worker) ?? 0) + 1);
    }
    return balanceOf(viewers.values());
  }

  /** A publisher connects anywhere; the strategy says who is home. */
  publish(bitsPerSecond: number): SimStream {
    const ingest = this.anyWorker();
    return this.cluster.publish(bitsPerSecond, ingest, this.strategy.place(this, ingest));
  }

  /** A viewer connects. */
  arrive(stream: SimStream, kind: ViewerKind): void {
    this.audience.join(stream, this.serverFor(stream, kind), kind);
  }

  /** Where a viewer of the stream ends up who connects now. */
  serverFor(stream: SimStream, kind: ViewerKind): SimWorker {
    const landed = this.anyWorker();
    if (this.mode === 'Service') return landed;
    if (this.strategy.redirects === 'ToHome') return stream.home.isAlive ? stream.home : landed;
    this.redirects.landed(landed, stream, this.nowMs);
    return this.redirects.target(landed, stream, kind, this.cluster.workers.length);
  }

  /** Until then, a step at a time; `each` is called after each step. */
  runUntil(untilMs: number, each: () => void = () => undefined): void {
    while (this.nowMs < untilMs) {
      this.step();
      each();
    }
  }

  /** The next cycle begins now, as if the operator had just started. */
  startCycles(): void {
    this.reports.all(this.nowMs);
    this.nextCycleMs = this.nowMs;
    this.cycle();
  }

  /** A worker dies with all that it had. Its viewers and publishers connect again. */
  kill(worker: SimWorker): void {
    const affected = new Set([...worker.parts].map(({ stream }) => stream));
    for (const stream of this.cluster.streams) {
      if (stream.home === worker || stream.replicas.includes(worker)) affected.add(stream);
    }
    worker.isDraining = true;
    this.landing.refresh();
    this.audience.cut(worker, true, (part) => this.another(part, worker));
    this.cluster.kill(worker);
    for (const stream of affected) this.failOver(stream);
  }

  /** Homes, replicas and publishers leave a worker that is about to go. */
  evacuate(worker: SimWorker): void {
    worker.isDraining = true;
    this.landing.refresh();
    for (const stream of this.cluster.streams) {
      if (stream.servers.has(worker)) this.failOver(stream);
      if (stream.ingest === worker) this.cluster.setIngest(stream, this.anyWorker());
    }
    this.audience.cut(worker, false, (part) => this.another(part, worker));
  }

  private step(): void {
    this.nowMs += STEP_MS;
    this.reports.step(this.nowMs, this.nextCycleMs, (worker) => this.redirects.reported(worker));
    this.doWhatIsDue();
    if (this.nowMs >= this.nextCycleMs) this.cycle();
    this.moveTraffic();
    this.askAnew();
  }

  private cycle(): void {
    this.nextCycleMs = this.nowMs + CYCLE_MS;
    const actions = this.strategy.cycle?.(this);
    if (actions === undefined) return;
    const touched = actions.servers.length;
    this.tally.cycles += 1;
    this.tally.streamsTouched += touched;
    this.tally.mostTouched = Math.max(this.tally.mostTouched, touched);
    this.due.push({ atMs: this.nowMs + SERVERS_MS, act: () => this.setServers(actions) });
    this.due.push({ atMs: this.nowMs + LABEL_MS, act: () => this.setAccepting(actions) });
  }

  private doWhatIsDue(): void {
    const now = this.due.filter(({ atMs }) => atMs <= this.nowMs);
    if (now.length === 0) return;
    this.due = this.due.filter(({ atMs }) => atMs > this.nowMs);
    for (const { act } of now) act();
  }

  private setServers({ servers }: Actions): void {
    for (const { stream, home, replicas } of servers) {
      // What died meanwhile takes nothing.
      const alive = replicas.filter((replica) => replica.serves && replica !== home);
      this.cluster.setServers(stream, home.serves ? home : stream.home, alive);
    }
  }

  private setAccepting({ closed }: Actions): void {
    for (const worker of this.cluster.workers) worker.isSteered = closed.has(worker.id);
    this.landing.refresh();
  }

  private moveTraffic(): void {
    const { traffic, audience, random } = this;
    if (traffic === undefined) return;
    const seconds = STEP_MS / 1_000;
    audience.leaveAny(poisson(random, audience.size * traffic.leaveShare * seconds), random);
    const coming = poisson(random, traffic.arrivalsPerSecond * seconds);
    for (let i = 0; i < coming; i += 1) {
      const stream = traffic.stream();
      if (stream !== undefined) this.arrive(stream, traffic.kind());
    }
  }

  /** Those who ask anew do, a stripe of them in each step. */
  private askAnew(): void {
    const { audience, cluster, mode, strategy } = this;
    const stripes = ASK_MS / STEP_MS;
    this.stripe = (this.stripe + 1) % stripes;
    if (mode === 'Service' && !strategy.sheds) return;
    const shares = cluster.workers.map(({ load }) => this.shareShed(load));
    for (let index = this.stripe; index < audience.size; index += stripes) {
      if (audience.kindAt(index) !== 'asks') continue;
      const part = audience.partAt(index);
      if (part === undefined) continue;
      const target = this.askedTarget(part, shares[part.worker.index] ?? 0);
      if (target !== undefined) audience.move(index, target);
    }
  }

  private shareShed(load: number): number {
    if (!this.strategy.sheds) return 0;
    return shedShare(load, this.reports.meanLoad, this.settings.maxImbalance);
  }

  /** Undefined: the viewer stays. */
  private askedTarget({ worker, stream }: Part, share: number): SimWorker | undefined {
    const isShed = share > 0 && this.random.next() < share;
    if (this.mode === 'Service') return isShed ? this.landing.draw() : undefined;
    if (this.strategy.redirects === 'ToHome') return stream.home;
    if (stream.servers.has(worker) && !isShed) return undefined;
    return this.redirects.target(worker, stream, 'asks', 1);
  }

  private another({ stream }: Part, leaving: SimWorker): SimWorker | undefined {
    const kind: ViewerKind = 'stays';
    for (let tries = 0; tries < 3; tries += 1) {
      const worker = this.serverFor(stream, kind);
      if (worker !== leaving) return worker;
    }
    return this.landing.draw();
  }

  /** The ingest worker claims the home anew; a publisher that was cut comes back. */
  private failOver(stream: SimStream): void {
    if (!stream.ingest.isAlive) this.cluster.setIngest(stream, this.anyWorker());
    const home = stream.home.serves ? stream.home : this.strategy.place(this, stream.ingest);
    const replicas = stream.replicas.filter((replica) => replica.serves && replica !== home);
    this.cluster.setServers(stream, home, replicas);
  }

  private anyWorker(): SimWorker {
    const worker = this.landing.draw() ?? pick(this.random, this.cluster.alive);
    if (worker === undefined) throw new Error('there is no worker');
    return worker;
  }
}
