import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { Clock, Timer } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Claims } from './claims.ts';
import { Farewell } from './farewell.ts';
import type { HandOver } from './hand-over.ts';
import type { Relays } from './relays.ts';
import type { DrainSeconds } from './settings.ts';

export interface DrainPlan extends DrainSeconds {
  /** Command, NodeCordon, ScaleDown, Update, Signal. */
  readonly reason: string;
  /** Whoever asks kills the process at the deadline: it cannot be taken back. */
  readonly isFinal?: boolean;
}

export interface DrainOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly streams: StreamRegistry;
  readonly claims: Claims;
  readonly handOver: HandOver;
  readonly relays: Relays;
  /** Load report and listeners follow this: the latter only open by it. */
  readonly onChange: (isDraining: boolean) => void;
  /** The linger has passed: nobody new from now on. */
  readonly onRefusing: () => void;
  /** The worker is empty, or the deadline has passed: the process may end. */
  readonly onEmpty: () => void;
}

const CHECK_MS = 200;
/** Homes that nobody could take are offered again. */
const MOVE_AGAIN_MS = 1_000;

/**
 * Empties the worker: gives away what it serves to others, takes nobody new once the linger has
 * passed, asks publishers to connect again once their grace has, too (they would
 * else land here again), waits for viewers until the deadline, closes the rest.
 * May be called again (the nearer deadline counts) and taken back.
 */
export class Drain {
  private readonly options: DrainOptions;
  private timer: Timer | undefined = undefined;
  private deadlineMs = Infinity;
  private publishersMs = Infinity;
  private lingerMs = Infinity;
  private isShut = false;
  private isMoving = false;
  private movesAgainMs = -Infinity;
  /** Once through: what nobody could take stays. */
  private hasMoved = false;
  private isRunning = false;
  private isDone = false;
  private isFinal = false;
  private farewell: Farewell | undefined = undefined;

  constructor(options: DrainOptions) {
    this.options = options;
  }

  get isDraining(): boolean {
    return this.isRunning;
  }

  /** New publishers and viewers get WORKER_DRAINING. */
  get isRefusing(): boolean {
    return this.isShut;
  }

  start(plan: DrainPlan): void {
    const { clock, log, onChange } = this.options;
    const nowMs = clock.nowMs();
    this.isFinal ||= plan.isFinal === true;
    this.deadlineMs = Math.min(this.deadlineMs, nowMs + plan.deadlineSeconds * 1_000);
    this.publishersMs = Math.min(this.publishersMs, nowMs + plan.publisherGraceSeconds * 1_000);
    this.lingerMs = Math.min(this.lingerMs, nowMs + plan.lingerSeconds * 1_000);
    if (this.isRunning) return;
    this.isRunning = true;
    log.info({ ...plan }, 'drain started');
    onChange(true);
    this.check();
  }

  /** Back to work, as long as the process runs. Throws WORKER_DRAINING when it is about to end. */
  cancel(): void {
    if (!this.isRunning || this.isDone) return;
    // A node that shuts down signals pods that nobody deleted: the operator sees no reason to drain.
    if (this.isFinal) throw new WorkerError('WORKER_DRAINING', 'the process was told to end');
    this.isRunning = false;
    this.hasMoved = false;
    this.movesAgainMs = -Infinity;
    this.timer?.clear();
    this.deadlineMs = Infinity;
    this.publishersMs = Infinity;
    this.lingerMs = Infinity;
    this.isShut = false;
    this.farewell = undefined;
    this.options.log.info({}, 'drain taken back');
    this.options.onChange(false);
  }

  private check(): void {
    if (!this.isRunning || this.isDone) return;
    const { clock } = this.options;
    const nowMs = clock.nowMs();
    this.handOver();
    if (nowMs >= this.lingerMs) this.shut();
    if (this.isShut && nowMs >= this.publishersMs) this.sendPublishersAway();
    if (this.isOver(nowMs) || this.isEmpty()) this.finish();
    else this.timer = clock.setTimer(CHECK_MS, () => this.check());
  }

  /** The deadline has passed, and whoever was still here was sent away. */
  private isOver(nowMs: number): boolean {
    if (nowMs < this.deadlineMs) return false;
    const { streams, log } = this.options;
    if (this.farewell === undefined) {
      log.info({ streams: streams.list().length }, 'drain deadline passed');
      this.shut();
      this.farewell = new Farewell(streams, nowMs);
    }
    return this.farewell.check(nowMs);
  }

  /** A stream that waits for its publisher is kept for the next ingest worker. */
  private isEmpty(): boolean {
    const { claims, streams } = this.options;
    return (
      this.isShut &&
      this.hasMoved &&
      claims.size === 0 &&
      !streams.list().some(({ isRead }) => isRead)
    );
  }

  private shut(): void {
    if (this.isShut) return;
    this.isShut = true;
    this.options.onRefusing();
  }

  private sendPublishersAway(): void {
    const { claims, log } = this.options;
    for (const { publication } of claims.list()) publication.revoke('draining', log);
  }

  private handOver(): void {
    const { clock, handOver } = this.options;
    if (this.isMoving || clock.nowMs() < this.movesAgainMs) return;
    this.isMoving = true;
    void handOver
      .run(() => this.isRunning)
      .then((hadSome) => {
        this.isMoving = false;
        // It may have been taken back meanwhile.
        if (!this.isRunning) return;
        this.hasMoved = true;
        if (hadSome) this.movesAgainMs = clock.nowMs() + MOVE_AGAIN_MS;
      });
  }

  private finish(): void {
    const { streams, claims, relays, log, onEmpty } = this.options;
    this.isDone = true;
    this.timer?.clear();
    this.shut();
    this.sendPublishersAway();
    // The entries stay for the publishers' next ingest workers.
    for (const claim of claims.list()) claims.release(claim);
    relays.closeAll();
    streams.close('draining');
    log.info({}, 'drain done');
    onEmpty();
  }
}
