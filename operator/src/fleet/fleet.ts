import { LoadReport } from '@streamcluster/proto';
import type { Clock } from '../clock.ts';

/** What is known of a worker that reports. */
export interface WorkerSighting {
  readonly id: string;
  readonly report: LoadReport;
  readonly receivedAtMs: number;
  /** No report for SILENT_MS in which one could have come. */
  readonly isSilent: boolean;
  /** It said so, or it was told to. */
  readonly isDraining: boolean;
}

interface Seen {
  readonly report: LoadReport;
  readonly receivedAtMs: number;
}

/** Reports come every 2 s: three missing ones, and nothing is placed there. */
export const SILENT_MS = 6_000;
const MAX_WORKERS = 10_000;
const MAX_ID_CHARACTERS = 100;

/** The workers of one StreamCluster, as their load reports show them. */
export class Fleet {
  reportsReceived = 0;
  reportsRefused = 0;
  private readonly clock: Clock;
  private readonly seen = new Map<string, Seen>();
  private readonly draining = new Set<string>();
  /** Worker -> start of the process that is known to be gone. */
  private readonly gone = new Map<string, bigint>();
  private readonly listeners: ((id: string) => void)[] = [];
  private isConnected = false;
  private connectedAtMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Silence counts only while the bus could have brought a report. */
  setConnected(isConnected: boolean): void {
    if (isConnected && !this.isConnected) this.connectedAtMs = this.clock.nowMs();
    this.isConnected = isConnected;
  }

  get isBusConnected(): boolean {
    return this.isConnected;
  }

  onReport(listener: (id: string) => void): void {
    this.listeners.push(listener);
  }

  /** A message from the bus; anyone may have sent it. */
  receive(payload: Uint8Array): void {
    const report = decode(payload);
    if (report === undefined || !this.isAcceptable(report)) {
      this.reportsRefused += 1;
      return;
    }
    this.reportsReceived += 1;
    this.seen.set(report.worker, { report, receivedAtMs: this.clock.nowMs() });
    for (const listener of this.listeners) listener(report.worker);
  }

  get(id: string): WorkerSighting | undefined {
    const seen = this.seen.get(id);
    return seen && this.sighting(id, seen);
  }

  /** In order of their names. */
  list(): WorkerSighting[] {
    return [...this.seen]
      .map(([id, seen]) => this.sighting(id, seen))
      .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  }

  /** It was told to drain; its own report says so only later. */
  markDraining(id: string): void {
    this.draining.add(id);
  }

  /** Its process is gone; what is still on its way of it is not believed. */
  forget(id: string): void {
    const seen = this.seen.get(id);
    if (seen !== undefined) this.gone.set(id, seen.report.startedUnixMs);
    this.seen.delete(id);
    this.draining.delete(id);
  }

  private isAcceptable({ worker, startedUnixMs }: LoadReport): boolean {
    if (worker === '' || worker.length > MAX_ID_CHARACTERS) return false;
    if (this.gone.get(worker) === startedUnixMs) return false;
    return this.seen.has(worker) || this.seen.size < MAX_WORKERS;
  }

  private sighting(id: string, { report, receivedAtMs }: Seen): WorkerSighting {
    const sinceMs = Math.max(receivedAtMs, this.connectedAtMs);
    return {
      id,
      report,
      receivedAtMs,
      isSilent: this.isConnected && this.clock.nowMs() - sinceMs > SILENT_MS,
      isDraining: report.draining || this.draining.has(id),
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
