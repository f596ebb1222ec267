import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { WorkerControl } from '../../control/worker-control.ts';
import { outcomeOf, serveRequest, type Change, type ChangeOutcome } from './change.ts';

export interface MoverOptions {
  readonly control: Pick<WorkerControl, 'serve'>;
  /** Where a worker is asked; undefined: it is not heard of. */
  readonly addressOf: (worker: string) => string | undefined;
  /** A change has its outcome. */
  readonly onOutcome: (change: Change) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Streams that change at the same time: each takes most of its time for warming up. */
const PARALLEL = 32;
/** What was decided longer ago is not begun any more. */
const BEGIN_WITHIN_MS = 30_000;
const TRIES = 2;

/**
 * Asks ingest workers to have their streams served as was decided, a bounded
 * number at a time. What may have changed meanwhile is refused there, by epoch.
 */
export class Mover {
  private readonly options: MoverOptions;
  private readonly active = new Set<Change>();
  private waiting: Change[] = [];
  private isRunning = false;

  constructor(options: MoverOptions) {
    this.options = options;
  }

  get isBusy(): boolean {
    return this.isRunning;
  }

  /** Those of which the answer is awaited. */
  get running(): readonly Change[] {
    return [...this.active];
  }

  /** Resolves when each has its outcome; never rejects. Not while isBusy. */
  async carryOut(changes: readonly Change[]): Promise<void> {
    this.isRunning = true;
    this.waiting = [...changes];
    const untilMs = this.options.clock.nowMs() + BEGIN_WITHIN_MS;
    const lanes = Math.min(PARALLEL, changes.length);
    await Promise.all(Array.from({ length: lanes }, () => this.lane(untilMs)));
    this.isRunning = false;
  }

  /** Begins no more of them. What workers were asked already they may still do. */
  stop(): void {
    for (const change of this.waiting.splice(0)) this.end(change, 'TooLate');
  }

  private async lane(untilMs: number): Promise<void> {
    for (let change = this.waiting.shift(); change !== undefined; change = this.waiting.shift()) {
      if (this.options.clock.nowMs() > untilMs) this.end(change, 'TooLate');
      else await this.one(change);
    }
  }

  private async one(change: Change): Promise<void> {
    change.outcome = 'Running';
    this.active.add(change);
    const outcome = await this.ask(change);
    this.active.delete(change);
    this.end(change, outcome);
  }

  /** An answer that was lost is asked for again: a second call changes nothing. */
  private async ask(change: Change): Promise<ChangeOutcome> {
    const { control, addressOf, log } = this.options;
    const { stream, entry } = change;
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const address = addressOf(entry.ingest);
      if (address === undefined) break;
      try {
        const { outcome } = await control.serve(address, serveRequest(change));
        return outcomeOf(outcome);
      } catch (error) {
        const fields = { stream, worker: entry.ingest, attempt, code: 'WORKER_UNREACHABLE' };
        log.warn({ ...fields, err: error }, 'ingest worker did not answer');
      }
    }
    return 'Unreachable';
  }

  private end(change: Change, outcome: ChangeOutcome): void {
    const { log, onOutcome } = this.options;
    const { stream, kind, why, home, replicas } = change;
    change.outcome = outcome;
    log.debug({ stream, kind, why, home, replicas, outcome }, 'servers of a stream');
    onOutcome(change);
  }
}
