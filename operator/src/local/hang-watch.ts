import type { LoadReport } from '@streamcluster/proto';
import { runQueueWaitMs } from './procfs.ts';
import { Silence } from './silence.ts';

/** What tells how a worker is. */
export interface HangSource {
  readonly isBusConnected: boolean;
  get(worker: string): { readonly report: LoadReport } | undefined;
}

/** A process that may hang. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly onHung: () => void;
}

export const LOOK_MS = 250;
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Tells when one process hangs: it sends no reports, and its own port answers
 * nothing. The second question is for a NATS that hangs: then no worker's report
 * comes, and none of them may be killed for it.
 */
export class HangWatch {
  private readonly watched: Watched;
  private readonly silence = new Silence(2 * LOOK_MS);
  private probe: AbortController | undefined = undefined;

  constructor(watched: Watched) {
    this.watched = watched;
  }

  /** To be called every LOOK_MS. */
  look(source: HangSource): void {
    const { name, pid, onHung } = this.watched;
    const report = source.get(name)?.report;
    const verdict = this.silence.look({
      nowMs: performance.now(),
      isBusConnected: source.isBusConnected,
      reportSequence: report?.pid === pid ? report.sequence : undefined,
      queuedMs: runQueueWaitMs(pid) ?? 0,
    });
    if (verdict === 'suspect') this.ask(report?.httpAddress ?? '');
    if (verdict === 'hung') onHung();
  }

  close(): void {
    this.probe?.abort();
  }

  private ask(address: string): void {
    if (this.probe !== undefined || address === '') return;
    const probe = new AbortController();
    this.probe = probe;
    const signal = AbortSignal.any([probe.signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    fetch(`http://${address}/healthz`, { signal })
      .then(() => this.silence.answered())
      // No answer is what it is asked for.
      .catch(() => undefined)
      .finally(() => {
        this.probe = undefined;
      });
  }
}
