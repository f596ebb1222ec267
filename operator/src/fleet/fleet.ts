import { LoadReport } from '@streamcluster/proto';
import type { Clock } from '../clock.ts';
import { countedLoad } from './counted-load.ts';

/** What is known of a worker that reports. */
export interface WorkerSighting {
  readonly id: string;
  readonly report: LoadReport;
  readonly receivedAtMs: number;
  /** No report for SILENT_MS in which one could have come. */
  readonly isSilent: boolean;
  /** It said so, or it was told to. */
  readonly isDraining: boolean;
  /** Busy share of its loop, 0 to 1: the lower one of the last two reports. One
   * busy report, as that of the start, is a moment; two are a state. */
  readonly settledBusy: number;
  /** What its streams and viewers take of a CPU, by their weights. */
  readonly load: number;
  /** The same by the report before; undefined: there was none. */
  readonly previousLoad: number | undefined;
}

interface Seen {
  readonly report: LoadReport;
  readonly receivedAtMs: number;
  /** Of the report before; 0 without. */
  readonly previousBusy: number;
  readonly load: number;
  readonly previousLoad: number | undefined;
}

interface Listed {
  readonly sightings: readonly WorkerSighting[];
  /** The first of them falls silent after this. */
  readonly untilMs: number;
}

/** Reports come every 2 s: three missing ones, and nothing is placed there. */
export const SILENT_MS = 6_000;
const MAX_WORKERS = 10_000;
const MAX_ID_CHARACTERS = 100;
/** Made once: that takes longer than a thousand comparisons. */
const COLLATOR = new Intl.Collator('en', { numeric: true });

/** The workers of one StreamCluster, as their load reports show them. */
export class Fleet {
  reportsReceived = 0;
  reportsRefused = 0;
  private readonly clock: Clock;
  private readonly seen = new Map<string, Seen>();
  /** Worker -> start of the process that was told to drain. */
  private readonly draining = new Map<string, bigint>();
  /** Worker -> start of the process that is known to be gone. */
  private readonly gone = new Map<string, bigint>();
  private readonly listeners: ((id: string) => void)[] = [];
  /** In order of their names; undefined: some came or went. */
  private order: readonly string[] | undefined = undefined;
  /** Undefined: something changed since it was asked for. */
  private listed: Listed | undefined = undefined;
  private isConnected = false;
  private connectedAtMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Silence counts only while the bus could have brought a report. */
  setConnected(isConnected: boolean): void {
    if (isConnected && !this.isConnected) this.connectedAtMs = this.clock.nowMs();
    this.isConnected = isConnected;
    this.listed = undefined;
  }

  get isBusConnected(): boolean {
    return this.isConnected;
  }

  onReport(listener: (id: string) => void): void {
    this.listeners.push(listener);
  }

  /** A message from the bus. `sender` is who may have sent it, by its subject. */
  receive(payload: Uint8Array, sender: string): void {
    const report = decode(payload);
    if (report?.worker !== sender || !this.isAcceptable(report)) {
      this.reportsRefused += 1;
      return;
    }
    this.reportsReceived += 1;
    const before = this.seen.get(report.worker);
    const isSame = before?.report.startedUnixMs === report.startedUnixMs;
    if (before === undefined) this.order = undefined;
    this.listed = undefined;
    this.seen.set(report.worker, {
      ...{ report, receivedAtMs: this.clock.nowMs(), load: countedLoad(report) },
      previousBusy: isSame ? before.report.loopUtilization : 0,
      previousLoad: isSame ? before.load : undefined,
    });
    for (const listener of this.listeners) listener(report.worker);
  }

  get(id: string): WorkerSighting | undefined {
    const seen = this.seen.get(id);
    return seen && this.sighting(id, seen);
  }

  /** In order of their names. The same list while nothing changed. */
  list(): readonly WorkerSighting[] {
    if (this.listed === undefined || this.clock.nowMs() > this.listed.untilMs) {
      this.listed = this.makeList();
    }
    return this.listed.sightings;
  }

  /** It was told to drain, or to go on; its own report says so only later. */
  markDraining(id: string, isDraining: boolean): void {
    const seen = this.seen.get(id);
    this.listed = undefined;
    if (!isDraining) this.draining.delete(id);
    else if (seen !== undefined) this.draining.set(id, seen.report.startedUnixMs);
  }

  /** Drops what is known of all others. Who reports again is there again. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.seen.keys()) if (!ids.has(id)) this.drop(id);
  }

  /** Its process is gone; what is still on its way of it is not believed. */
  forget(id: string): void {
    const seen = this.seen.get(id);
    if (seen !== undefined) this.gone.set(id, seen.report.startedUnixMs);
    this.drop(id);
  }

  private drop(id: string): void {
    if (!this.seen.delete(id)) return;
    this.order = undefined;
    this.listed = undefined;
  }

  private makeList(): Listed {
    this.order ??= [...this.seen.keys()].sort((a, b) => COLLATOR.compare(a, b));
    const sightings = this.order
      .map((id) => this.get(id))
      .filter((sighting) => sighting !== undefined);
    const heard = this.isConnected ? sightings.filter(({ isSilent }) => !isSilent) : [];
    const untilMs = heard.map(({ receivedAtMs }) => this.silentAfterMs(receivedAtMs));
    return { sightings, untilMs: Math.min(...untilMs) };
  }

  private silentAfterMs(receivedAtMs: number): number {
    return Math.max(receivedAtMs, this.connectedAtMs) + SILENT_MS;
  }

  private isAcceptable({ worker, startedUnixMs }: LoadReport): boolean {
    if (worker === '' || worker.length > MAX_ID_CHARACTERS) return false;
    if (this.gone.get(worker) === startedUnixMs) return false;
    return this.seen.has(worker) || this.seen.size < MAX_WORKERS;
  }

  private sighting(id: string, seen: Seen): WorkerSighting {
    const { report, receivedAtMs, previousBusy, load, previousLoad } = seen;
    return {
      ...{ id, report, receivedAtMs, load, previousLoad },
      isSilent: this.isConnected && this.clock.nowMs() > this.silentAfterMs(receivedAtMs),
      isDraining: report.draining || this.draining.get(id) === report.startedUnixMs,
      settledBusy: Math.min(previousBusy, report.loopUtilization),
    };
  }
}

function decode(payload: Uint8Array): LoadReport | undefined {
  try {
    return LoadReport.decode(payload);
  } catch {
    return undefined;
  }
}
