/** A hung worker keeps its share of the ports: a third of new connections hang
 * with it. */
export const HUNG_MS = 3_000;
/** Longer than one period of load reports with its jitter. */
const SUSPECT_MS = 2_500;

export type Verdict = 'well' | 'suspect' | 'hung';

/** What is seen of a worker at one look. */
export interface Look {
  readonly nowMs: number;
  readonly isBusConnected: boolean;
  /** Of the last load report of this very process; undefined before the first. */
  readonly reportSequence: bigint | undefined;
  /** Time in which it could have run but the machine ran others. */
  readonly queuedMs: number;
}

/**
 * For how long a worker has said nothing although it could have: while the bus
 * was up, while we looked ourselves (not suspended, not starved), and while
 * the machine let it run.
 */
export class Silence {
  silentMs = 0;
  private readonly maxLookGapMs: number;
  private last: Look | undefined = undefined;

  /** Looks further apart than this were held up; only so much of them counts. */
  constructor(maxLookGapMs: number) {
    this.maxLookGapMs = maxLookGapMs;
  }

  /** It did say something, by another way. */
  answered(): void {
    this.silentMs = 0;
  }

  look(look: Look): Verdict {
    const { last } = this;
    this.last = look;
    const hasSpoken = look.reportSequence !== last?.reportSequence;
    const cannotSpeak = !look.isBusConnected || look.reportSequence === undefined;
    if (last === undefined || hasSpoken || cannotSpeak) {
      this.silentMs = 0;
      return 'well';
    }
    const elapsedMs = Math.min(look.nowMs - last.nowMs, this.maxLookGapMs);
    const queuedMs = Math.max(0, look.queuedMs - last.queuedMs);
    this.silentMs += Math.max(0, elapsedMs - queuedMs);
    if (this.silentMs >= HUNG_MS) return 'hung';
    return this.silentMs >= SUSPECT_MS ? 'suspect' : 'well';
  }
}
