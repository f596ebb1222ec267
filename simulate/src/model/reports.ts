import { type Random, type ReportedStream, type ReportedWorker } from '@streamcluster/placement';
import type { Cluster } from './cluster.ts';
import type { Part, SimWorker } from './parts.ts';

export interface ReportOptions {
  /** Share of reports that never arrive. */
  readonly lost: number;
  /** How long one is on its way. */
  readonly delayMs: number;
}

/** A report as it was delivered last. */
interface Known {
  sentAtMs: number;
  load: number;
  previousLoad: number | undefined;
  streams: readonly ReportedStream[];
}

interface Sent {
  readonly worker: SimWorker;
  readonly sentAtMs: number;
  readonly load: number;
  readonly streams: readonly ReportedStream[] | undefined;
}

export const REPORT_MS = 2_000;
const JITTER = 0.1;
/** Three missing ones. */
const SILENT_MS = 6_000;
const MAX_STREAMS = 500;

/** What is known of workers: load reports, stale and at times lost. */
export class Reports {
  meanLoad = 0;
  private readonly cluster: Cluster;
  private readonly random: Random;
  private readonly options: ReportOptions;
  private readonly known = new Map<SimWorker, Known>();
  private readonly nextAtMs = new Map<SimWorker, number>();
  private readonly silenced = new Set<SimWorker>();
  private onTheWay: Sent[] = [];

  constructor(cluster: Cluster, random: Random, options: ReportOptions) {
    this.cluster = cluster;
    this.random = random;
    this.options = options;
  }

  /** Nothing of these workers arrives, though they are well. */
  silence(workers: Iterable<SimWorker>): void {
    this.silenced.clear();
    for (const worker of workers) this.silenced.add(worker);
  }

  /**
   * Sends and delivers what is due. Contents are taken only of reports that the
   * next look at `neededAtMs` may see. Calls back for each that arrives.
   */
  step(nowMs: number, neededAtMs: number, onReport: (worker: SimWorker) => void): void {
    const { lost, delayMs } = this.options;
    for (const worker of this.cluster.workers) {
      if (!worker.isAlive) continue;
      const atMs = this.nextAtMs.get(worker) ?? nowMs + this.random.next() * REPORT_MS;
      if (atMs > nowMs) {
        this.nextAtMs.set(worker, atMs);
        continue;
      }
      const jitter = 1 + JITTER * (2 * this.random.next() - 1);
      this.nextAtMs.set(worker, nowMs + REPORT_MS * jitter);
      if (this.silenced.has(worker) || this.random.next() < lost) continue;
      const isNeeded = nowMs + delayMs + 2 * REPORT_MS >= neededAtMs;
      const streams = isNeeded ? streamsOf(worker) : undefined;
      this.onTheWay.push({ worker, sentAtMs: nowMs, load: worker.load, streams });
    }
    this.deliver(nowMs - delayMs, onReport);
  }

  /** Everybody reports now; the state from which a run begins. */
  all(nowMs: number): void {
    for (const worker of this.cluster.alive) {
      const sent = { worker, sentAtMs: nowMs, load: worker.load, streams: streamsOf(worker) };
      this.receive(sent);
      this.receive(sent);
    }
    this.computeMean();
  }

  loadOf(worker: SimWorker): number {
    return this.known.get(worker)?.load ?? 0;
  }

  isHeard(worker: SimWorker, nowMs: number): boolean {
    return nowMs - (this.known.get(worker)?.sentAtMs ?? -Infinity) <= SILENT_MS;
  }

  /** As the operator has it. */
  list(nowMs: number): ReportedWorker[] {
    const reported: ReportedWorker[] = [];
    for (const worker of this.cluster.workers) {
      const known = this.known.get(worker);
      if (known === undefined || !worker.isAlive) continue;
      reported.push({
        id: worker.id,
        busy: known.load,
        streams: known.streams,
        previousLoad: known.previousLoad,
        accepting: acceptingOf(worker),
        isDraining: worker.isDraining,
        isSilent: !this.isHeard(worker, nowMs),
      });
    }
    return reported;
  }

  private deliver(sentUntilMs: number, onReport: (worker: SimWorker) => void): void {
    const due = this.onTheWay.filter(({ sentAtMs }) => sentAtMs <= sentUntilMs);
    if (due.length === 0) return;
    this.onTheWay = this.onTheWay.filter(({ sentAtMs }) => sentAtMs > sentUntilMs);
    for (const sent of due) {
      this.receive(sent);
      onReport(sent.worker);
    }
    this.computeMean();
  }

  private receive({ worker, sentAtMs, load, streams }: Sent): void {
    const before = this.known.get(worker);
    this.known.set(worker, {
      ...{ sentAtMs, load, previousLoad: before?.load },
      streams: streams ?? before?.streams ?? [],
    });
  }

  private computeMean(): void {
    const serving = this.cluster.workers.filter(({ serves }) => serves);
    const total = serving.reduce((sum, worker) => sum + this.loadOf(worker), 0);
    this.meanLoad = total / Math.max(1, serving.length);
  }
}

function acceptingOf(worker: SimWorker): ReportedWorker['accepting'] {
  if (worker.isOutdated || worker.isDraining) return 'No';
  return worker.isSteered ? 'Steered' : 'Yes';
}

/** As a worker reports them: up to a bound, those with most viewers first. */
function streamsOf(worker: SimWorker): readonly ReportedStream[] {
  const parts = [...worker.parts];
  if (parts.length > MAX_STREAMS) {
    parts.sort((a, b) => viewersOf(b) - viewersOf(a));
    parts.length = MAX_STREAMS;
  }
  return parts.map((part) => ({
    stream: part.stream.name,
    isIngest: part.isIngest,
    bitsPerSecond: part.stream.bitsPerSecond,
    viewers: { flv: part.stays, hls: part.asks, relay: part.relays },
  }));
}

function viewersOf({ stays, asks, relays }: Part): number {
  return stays + asks + relays;
}
