import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { KubeError } from './api-error.ts';
import { parseHolder, type Holder } from './holder.ts';
import { LeaseRecord, microTime, type LeaseClient, type StoredLease } from './lease-record.ts';
import { sleep } from './sleep.ts';

export interface LeaderElectionOptions {
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
  /** Of holderIdentity(); unique to this pod. */
  readonly identity: string;
  /** Leads from now on. */
  readonly onStarted: () => void;
  /** Does not lead any more: resolves when nothing acts any more. */
  readonly onStopped: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

const LEASE_SECONDS = 15;
const LEASE_MS = LEASE_SECONDS * 1_000;
const RENEW_MS = 5_000;
/** Who could not renew for so long leads no more, well before others may. */
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
const RETRY_JITTER = 0.2;
const TIMEOUT_MS = 4_000;

/**
 * One of several leads, as a Lease says. Times in the Lease are for people:
 * whether it expired is measured here, from when it was last seen to change, so
 * that clocks may differ.
 */
export class LeaderElection {
  private readonly options: LeaderElectionOptions;
  private readonly record: LeaseRecord;
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined = undefined;
  private seen: StoredLease | undefined = undefined;
  private seenAtMs = 0;
  /** When the last renewal that succeeded was sent. */
  private renewedAtMs = 0;
  private isHeld = false;
  private hasComplained = false;

  constructor(options: LeaderElectionOptions) {
    this.options = options;
    this.record = new LeaseRecord(options);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Stops leading, then lets go of the Lease, so that another one need not wait. */
  async close(): Promise<void> {
    this.closing.abort(KubeError.local('Closed', 'the election is closed'));
    await this.running;
  }

  /** False from the deadline on, also where the process stood still and no timer ran. */
  get isLeader(): boolean {
    return this.isHeld && this.sinceRenewedMs() < RENEW_DEADLINE_MS;
  }

  /** Who leads, this one included; undefined: nobody, as far as is known. */
  get holder(): Holder | undefined {
    const isOver = this.isHeld ? !this.isLeader : this.isExpired();
    return isOver ? undefined : parseHolder(this.seen?.spec?.holderIdentity);
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!this.closing.signal.aborted) {
      if (await this.tryAcquire()) await this.lead();
      else await this.pause(this.retryMs(), signal);
    }
  }

  private async tryAcquire(): Promise<boolean> {
    const { signal } = this.closing;
    try {
      this.saw(await this.record.read({ timeoutMs: TIMEOUT_MS, signal }));
      this.hasComplained = false;
      if (!this.isFree()) return false;
      // Not cut short by close(): it might have been written, and would stand until it expires.
      return await this.hold(TIMEOUT_MS);
    } catch (error) {
      if (!signal.aborted) this.complain(error);
      return false;
    }
  }

  /** From the first moment to the last. */
  private async lead(): Promise<void> {
    const { log, onStarted, onStopped } = this.options;
    this.isHeld = true;
    log.info({ identity: this.options.identity }, 'leading');
    onStarted();
    const reason = await this.renewUntil(this.closing.signal);
    log.info({ identity: this.options.identity, reason }, 'not leading any more');
    if (reason !== 'closed') this.isHeld = false;
    await this.keepWhile(onStopped());
    if (this.isHeld) await this.release();
    this.isHeld = false;
  }

  private async renewUntil(signal: AbortSignal): Promise<'closed' | 'lost' | 'deadline'> {
    let waitMs = RENEW_MS;
    for (;;) {
      const leftMs = RENEW_DEADLINE_MS - this.sinceRenewedMs();
      await this.pause(Math.min(waitMs, Math.max(0, leftMs)), signal);
      if (signal.aborted) return 'closed';
      if (!this.isLeader) return 'deadline';
      const result = await this.renew();
      if (result === 'lost') return 'lost';
      waitMs = result === 'held' ? RENEW_MS : this.retryMs();
    }
  }

  /** Others may not begin while this one still ends its work. */
  private async keepWhile(stopping: Promise<void>): Promise<void> {
    const stopped = new AbortController();
    const end = (): void => stopped.abort(new Error('stopped'));
    void stopping.then(end, (error: unknown) => {
      this.options.log.error({ err: error, code: 'INTERNAL' }, 'leader did not stop well');
      end();
    });
    for (;;) {
      await this.pause(this.retryMs(), stopped.signal);
      if (stopped.signal.aborted) return;
      if (this.isLeader && (await this.renew()) === 'lost') this.isHeld = false;
    }
  }

  private async renew(): Promise<'held' | 'failed' | 'lost'> {
    try {
      if (await this.hold(this.leftMs())) {
        this.hasComplained = false;
        return 'held';
      }
      this.saw(await this.record.read({ timeoutMs: this.leftMs() }));
      const holder = this.seen?.spec?.holderIdentity;
      return this.seen === undefined || holder === this.options.identity ? 'failed' : 'lost';
    } catch (error) {
      this.complain(error);
      return 'failed';
    }
  }

  /** Writes this one into the Lease as it was last seen; false: it is another by now. */
  private async hold(timeoutMs: number): Promise<boolean> {
    const { clock, identity } = this.options;
    const before = this.seen?.spec;
    const now = microTime(clock.unixMs());
    const isSame = before?.holderIdentity === identity;
    const atMs = clock.nowMs();
    const written = await this.record.write(
      this.seen,
      {
        holderIdentity: identity,
        leaseDurationSeconds: LEASE_SECONDS,
        acquireTime: (isSame ? before.acquireTime : undefined) ?? now,
        renewTime: now,
        leaseTransitions: (before?.leaseTransitions ?? 0) + (isSame ? 0 : 1),
      },
      { timeoutMs },
    );
    if (written === undefined) return false;
    this.saw(written);
    this.renewedAtMs = atMs;
    return true;
  }

  private async release(): Promise<void> {
    const { clock } = this.options;
    const now = microTime(clock.unixMs());
    try {
      const spec = { ...this.seen?.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      const call = { timeoutMs: TIMEOUT_MS };
      const written = await this.record.write(this.seen, { ...spec, renewTime: now }, call);
      if (written !== undefined) this.saw(written);
    } catch (error) {
      // It expires by itself.
      this.complain(error);
    }
  }

  private saw(lease: StoredLease | undefined): void {
    const before = this.seen?.metadata;
    const after = lease?.metadata;
    const isSame = before?.resourceVersion === after?.resourceVersion && before?.uid === after?.uid;
    if (!isSame) this.seenAtMs = this.options.clock.nowMs();
    this.seen = lease;
  }

  private isFree(): boolean {
    const { holderIdentity = '' } = this.seen?.spec ?? {};
    // One's own name is of the container before this one, which has ended.
    return holderIdentity === '' || holderIdentity === this.options.identity || this.isExpired();
  }

  private isExpired(): boolean {
    return this.options.clock.nowMs() - this.seenAtMs >= LEASE_MS;
  }

  private sinceRenewedMs(): number {
    return this.options.clock.nowMs() - this.renewedAtMs;
  }

  /** For a request of the leader: none outlasts the deadline. */
  private leftMs(): number {
    return Math.min(TIMEOUT_MS, Math.max(1, RENEW_DEADLINE_MS - this.sinceRenewedMs()));
  }

  private retryMs(): number {
    return RETRY_MS * (1 + RETRY_JITTER * (this.options.random ?? Math.random)());
  }

  /** Ends early, without a word, when it is aborted. */
  private async pause(delayMs: number, signal: AbortSignal): Promise<void> {
    await sleep(this.options.clock, delayMs, signal).catch(() => undefined);
  }

  /** Once per outage, not once per try. */
  private complain(error: unknown): void {
    const { log, name, namespace } = this.options;
    const code = 'KUBERNETES_UNREACHABLE';
    const fields = { lease: `${namespace}/${name}`, code, err: error };
    if (this.hasComplained) log.debug(fields, 'lease failed again');
    else log.warn(fields, 'lease not readable or writable');
    this.hasComplained = true;
  }
}
