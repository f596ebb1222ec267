import type { Clock } from '../stream/clock.ts';
import type { NewViewer } from './stream-access.ts';
import type { Workers } from './workers.ts';

export interface SentViewersOptions {
  readonly workers: Workers;
  readonly clock: Clock;
}

/** Players of HLS ask again within a segment; they go where they went. */
const REMEMBER_MS = 15_000;
const MAX_REMEMBERED = 20_000;

interface Sent {
  readonly worker: string;
  readonly atMs: number;
}

interface SinceReport {
  /** Workers.reportsOf then. */
  report: number;
  viewers: number;
}

/** Whom this worker sent where. */
export class SentViewers {
  private readonly options: SentViewersOptions;
  private readonly byWorker = new Map<string, SinceReport>();
  /** By stream and player; the oldest first. */
  private readonly players = new Map<string, Sent>();

  constructor(options: SentViewersOptions) {
    this.options = options;
  }

  /** Viewers sent from here that the worker's last report cannot know of. */
  sinceReport(worker: string): number {
    const since = this.byWorker.get(worker);
    return since?.report === this.options.workers.reportsOf(worker) ? since.viewers : 0;
  }

  /** Where a player that asks again was sent before. */
  before(streamKey: string, { player }: NewViewer): string | undefined {
    const sent = player === undefined ? undefined : this.players.get(`${streamKey} ${player}`);
    const isRecent = sent !== undefined && this.options.clock.nowMs() - sent.atMs <= REMEMBER_MS;
    return isRecent ? sent.worker : undefined;
  }

  note(streamKey: string, { player }: NewViewer, worker: string): void {
    const isAgain = player !== undefined && this.remember(`${streamKey} ${player}`, worker);
    if (isAgain) return;
    const report = this.options.workers.reportsOf(worker);
    const since = this.byWorker.get(worker);
    if (since?.report === report) since.viewers += 1;
    else this.byWorker.set(worker, { report, viewers: 1 });
  }

  /** True when it was sent there before: nobody new. */
  private remember(who: string, worker: string): boolean {
    const isAgain = this.players.get(who)?.worker === worker;
    this.players.delete(who);
    this.players.set(who, { worker, atMs: this.options.clock.nowMs() });
    const [oldest] = this.players.keys();
    if (this.players.size > MAX_REMEMBERED && oldest !== undefined) this.players.delete(oldest);
    return isAgain;
  }
}
