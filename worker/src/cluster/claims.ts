import { withoutReplicas } from '@streamcluster/placement';
import type { Logger } from 'pino';
import type { Clock } from '../stream/clock.ts';
import type { Stream } from '../stream/stream.ts';
import type { Claim } from './claim.ts';
import type { ChangeResult, Decision, Directory } from './directory.ts';
import type { DirectoryEntry } from '@streamcluster/proto';
import { isEarlier } from './precedence.ts';
import type { Workers } from './workers.ts';

export interface ClaimsOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  /** The stream's publisher is elsewhere now; its viewers here go on. */
  readonly follow: (stream: Stream) => void;
}

type Servers = Pick<DirectoryEntry, 'home' | 'replicas'>;

/** What became of a change, or why there was none. */
type ClaimChange = ChangeResult['kind'] | 'busy';

const SWEEP_MS = 1_000;

/**
 * The streams whose ingest worker this is. Keeps the directory true to them,
 * whatever happens to it: all steps may be repeated.
 */
export class Claims {
  private readonly options: ClaimsOptions;
  private readonly claims = new Map<string, Claim>();
  /** Ended here, but the directory was not told yet. */
  private readonly removals = new Set<string>();
  private readonly busy = new Set<string>();

  constructor(options: ClaimsOptions) {
    this.options = options;
  }

  start(): void {
    const { directory } = this.options;
    directory.onEntry((key) => this.check(key));
    directory.onLoaded(() => this.sweep());
    this.schedule();
  }

  get size(): number {
    return this.claims.size;
  }

  /** Without those whose publisher is away for the grace. */
  get openPublications(): number {
    return this.list().filter(({ publication }) => publication.isOpen).length;
  }

  get(streamKey: string): Claim | undefined {
    return this.claims.get(streamKey);
  }

  list(): Claim[] {
    return [...this.claims.values()];
  }

  add(claim: Claim): void {
    const { key } = claim.stream.name;
    this.removals.delete(key);
    this.claims.set(key, claim);
    claim.stream.reachEpoch(claim.epoch);
    claim.stream.onEnded(() => this.ended(claim));
  }

  /** The stream goes to another ingest worker; its entry is that worker's. */
  release(claim: Claim): void {
    const { key } = claim.stream.name;
    if (this.claims.get(key) === claim) this.claims.delete(key);
  }

  /**
   * Writes who is to serve the stream from now on, if the directory still has the
   * epoch that was decided on: `kept` when it has another one.
   */
  serveBy(claim: Claim, servers: Servers, epoch: number): Promise<ClaimChange> {
    return this.change(claim, (current) => {
      if (current?.ingest !== this.self || current.epoch !== epoch) return 'keep';
      return { ...current, ...servers, epoch: epoch + 1 };
    });
  }

  /** Looks at every claim: confirms what the directory does not have, replaces
   * dead servers, forgets what ended. */
  sweep(): void {
    for (const key of this.claims.keys()) this.check(key);
    for (const key of [...this.removals]) this.remove(key);
  }

  private schedule(): void {
    this.options.clock.setTimer(SWEEP_MS, () => {
      this.sweep();
      this.schedule();
    });
  }

  private check(key: string): void {
    const claim = this.claims.get(key);
    if (claim === undefined) return;
    const { directory, workers } = this.options;
    const entry = directory.get(key);
    if (entry?.ingest === workers.self) this.adopt(claim, entry);
    else if (directory.isLoaded) this.contest(claim, entry);
    if (claim.isConfirmed && this.deadServers(claim).size > 0) this.replaceDead(claim);
  }

  private adopt(claim: Claim, entry: DirectoryEntry): void {
    if (entry.epoch < claim.epoch) {
      this.confirm(claim);
      return;
    }
    claim.isConfirmed = true;
    claim.epoch = entry.epoch;
    claim.home = entry.home;
    claim.replicas = entry.replicas;
    claim.stream.reachEpoch(entry.epoch);
  }

  /** Published anew while the directory was away, or it has lost its newest writes: it
   * has our claim of before. */
  private confirm(claim: Claim): void {
    void this.change(claim, (current) =>
      current?.ingest === this.self && current.epoch < claim.epoch
        ? this.entryOf(claim, claim.epoch)
        : 'keep',
    );
  }

  /** The directory lost our claim, never had it, or has somebody else's. */
  private contest(claim: Claim, entry: DirectoryEntry | undefined): void {
    const isNewer = entry !== undefined && entry.epoch > claim.epoch;
    if (isNewer && !this.mayContest(claim, entry)) {
      this.lose(claim, entry);
      return;
    }
    void this.change(claim, (current) => {
      if (current === undefined) return this.entryOf(claim, claim.epoch);
      if (current.ingest === this.self) return 'keep';
      const epoch = Math.max(claim.epoch, current.epoch) + 1;
      if (this.mayContest(claim, current)) return this.entryOf(claim, epoch);
      // Who followed us goes by our epoch: that of the other one must be above it.
      return current.epoch > claim.epoch ? 'keep' : { ...current, epoch };
    });
  }

  /** Two publishers that did not know of one another: the earlier one stays. The
   * entry that was there before ours is just not written over yet. */
  private mayContest(claim: Claim, entry: DirectoryEntry): boolean {
    if (entry.nonce === claim.replaces) return true;
    if (!claim.publication.isAlive) return false;
    return isEarlier({ publishedUnixMs: claim.publishedUnixMs, ingest: this.self }, entry);
  }

  private deadServers({ home, replicas }: Servers): ReadonlySet<string> {
    const { workers } = this.options;
    return new Set([home, ...replicas].filter((worker) => !workers.isAlive(worker)));
  }

  /** A replica that lives becomes home, else this worker; dead replicas go. */
  private replaceDead(claim: Claim): void {
    const { log } = this.options;
    const dead = [...this.deadServers(claim)];
    log.info({ stream: claim.stream.name.key, dead }, 'workers that served are dead');
    void this.change(claim, (current) => {
      const gone = current === undefined ? undefined : this.deadServers(current);
      if (current?.ingest !== this.self || gone === undefined || gone.size === 0) return 'keep';
      return { ...current, ...this.without(gone, current), epoch: current.epoch + 1 };
    });
  }

  private without(gone: ReadonlySet<string>, { home, replicas }: Servers): Servers {
    const living = withoutReplicas(replicas, gone);
    if (!gone.has(home)) return { home, replicas: living };
    const [heir = this.self] = living;
    return { home: heir, replicas: withoutReplicas(living, new Set([heir])) };
  }

  private change(
    claim: Claim,
    decide: (current: DirectoryEntry | undefined) => Decision,
  ): Promise<ClaimChange> {
    const { key } = claim.stream.name;
    if (this.busy.has(key)) return Promise.resolve('busy');
    this.busy.add(key);
    return this.options.directory.change(key, decide).then((result) => {
      this.busy.delete(key);
      if (result.kind === 'unavailable') return result.kind;
      const { entry } = result;
      if (this.claims.get(key) !== claim) return 'kept';
      if (entry?.ingest === this.self) this.adopt(claim, entry);
      else if (entry !== undefined) this.lose(claim, entry);
      return result.kind;
    });
  }

  private lose(claim: Claim, winner: DirectoryEntry): void {
    const { log, follow } = this.options;
    const { stream, publication } = claim;
    const fields = { stream: stream.name.key, winner: winner.ingest, code: 'CLAIM_LOST' };
    log.warn(fields, 'another worker has the stream');
    this.claims.delete(stream.name.key);
    publication.revoke('claim-lost', log);
    if (stream.state !== 'ended') follow(stream);
  }

  private ended(claim: Claim): void {
    const { key } = claim.stream.name;
    if (this.claims.get(key) !== claim) return;
    this.claims.delete(key);
    this.removals.add(key);
    this.remove(key);
  }

  private remove(key: string): void {
    if (this.busy.has(key)) return;
    this.busy.add(key);
    const decide = (current: DirectoryEntry | undefined): Decision => {
      const isOurs = current?.ingest === this.self && !this.claims.has(key);
      return isOurs ? 'remove' : 'keep';
    };
    void this.options.directory.change(key, decide).then((result) => {
      this.busy.delete(key);
      if (result.kind !== 'unavailable') this.removals.delete(key);
    });
  }

  private entryOf(claim: Claim, epoch: number): Decision {
    const { home, replicas, publishedUnixMs } = claim;
    return { home, ingest: this.self, replicas, epoch, publishedUnixMs };
  }

  private get self(): string {
    return this.options.workers.self;
  }
}
