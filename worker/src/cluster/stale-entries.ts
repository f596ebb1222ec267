import type { Logger } from 'pino';
import type { Bus } from './bus.ts';
import type { Clock } from '../stream/clock.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { Peers } from './peers.ts';
import { jitter, type Random } from './random.ts';
import type { Settings } from './settings.ts';
import type { Workers } from './workers.ts';

export interface StaleEntriesOptions {
  readonly bus: Bus;
  readonly workers: Workers;
  readonly directory: Directory;
  readonly claims: Claims;
  readonly peers: Pick<Peers, 'serve'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Settings;
  readonly log: Logger;
}

const SWEEP_MS = 3_000;

/**
 * Entries whose ingest worker died, or lost its memory, stay for the publisher's
 * grace, so that it can come back elsewhere and go on; then they are removed,
 * unless that worker answers when it is asked: NATS may be all that it is cut off from.
 * Every worker does this, at times of its own; compare-and-set makes it once.
 */
export class StaleEntries {
  private readonly options: StaleEntriesOptions;
  private readonly since = new Map<string, { readonly epoch: number; readonly atMs: number }>();

  constructor(options: StaleEntriesOptions) {
    this.options = options;
  }

  start(): void {
    const { clock, random } = this.options;
    clock.setTimer(jitter(random, SWEEP_MS, 0.3), () => {
      this.sweep();
      this.start();
    });
  }

  private sweep(): void {
    const { bus, clock, directory, settings } = this.options;
    if (!bus.isConnected) {
      this.since.clear();
      return;
    }
    const graceMs = settings.streams.publisherGraceSeconds * 1_000;
    const seen = new Set<string>();
    for (const [key, entry] of directory.entries()) {
      if (!this.isStale(key, entry)) continue;
      seen.add(key);
      const noted = this.since.get(key);
      if (noted?.epoch !== entry.epoch) {
        this.since.set(key, { epoch: entry.epoch, atMs: clock.nowMs() });
      } else if (clock.nowMs() - noted.atMs >= graceMs) {
        void this.check(key, entry);
      }
    }
    for (const key of this.since.keys()) if (!seen.has(key)) this.since.delete(key);
  }

  private isStale(key: string, entry: DirectoryEntry): boolean {
    const { workers, claims } = this.options;
    if (entry.ingest === workers.self) return claims.get(key) === undefined;
    return !workers.isAlive(entry.ingest);
  }

  private async check(key: string, entry: DirectoryEntry): Promise<void> {
    this.since.delete(key);
    if (!(await this.hasPublisher(key, entry))) this.remove(key, entry.epoch);
  }

  /** Asked to serve it as it does, its ingest worker changes nothing. */
  private async hasPublisher(key: string, entry: DirectoryEntry): Promise<boolean> {
    const { workers, peers } = this.options;
    const { epoch, home, replicas, ingest } = entry;
    const sighting = workers.get(ingest);
    if (ingest === workers.self) return false;
    if (sighting === undefined) return !this.isOldest();
    const call = { stream: key, epoch, home, replicas, reason: 'StillThere' };
    const answer = await peers.serve(sighting.grpcAddress, call).catch(() => 'not-ingest' as const);
    return answer !== 'not-ingest';
  }

  /** Whoever has been here for longer may have heard of workers that this one has not,
   * and asks them. */
  private isOldest(): boolean {
    const { workers } = this.options;
    const sinceMs = workers.get(workers.self)?.startedUnixMs ?? Infinity;
    return workers.live().every(({ startedUnixMs }) => startedUnixMs >= sinceMs);
  }

  private remove(key: string, epoch: number): void {
    const { directory, log } = this.options;
    void directory
      .change(key, (current) =>
        current?.epoch === epoch && this.isStale(key, current) ? 'remove' : 'keep',
      )
      .then(({ kind }) => {
        if (kind === 'done') log.info({ stream: key }, 'stale entry removed');
      });
  }
}
