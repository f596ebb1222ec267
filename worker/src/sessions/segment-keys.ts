import { createHmac, timingSafeEqual } from 'node:crypto';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';

/** Segments that have one key together: with 2 s each it changes every nine minutes. */
const SEGMENTS_A_KEY = 256;
const KEY_BYTES = 16;
/** When there are more all are forgotten. */
const MAX_KNOWN = 4_096;

/** Every worker has heard of a new secret by then: until then playlists go by the old one. */
const HEARD_MS = 10_000;
/** Players that were told of a segment by the old one have it by then. */
const OLD_MS = 5 * 60_000;

export interface SegmentKeysOptions {
  /** Not everybody may play what is published there. */
  readonly guards: (app: string) => boolean;
  /** That is so since a moment ago: players still hold playlists from before. */
  readonly isNewlyGuarded?: (app: string) => boolean;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * The path element in front of an HLS segment's file: a function of cluster, stream and
 * segment, so equal on all workers and good for caches, which only those are told who may
 * have the playlist.
 */
export class SegmentKeys {
  private readonly options: SegmentKeysOptions;
  private current = new Signer(Buffer.alloc(0));
  private before = this.current;
  private changedAtMs = -Infinity;

  constructor(options: SegmentKeysOptions) {
    this.options = options;
  }

  /** Of the cluster; empty before the first Configure. */
  get secret(): Buffer {
    return this.current.secret;
  }

  /** Takes effect in playlists a moment later, and with each stream's next segment; both are
   * good for a while, so that nobody is refused what he was told of. */
  become(secret: Buffer): void {
    this.before = this.current;
    this.current = new Signer(secret);
    this.changedAtMs = this.options.clock.nowMs();
  }

  /** As a playlist shows it; empty where everybody may play. */
  readonly of = ({ app, key }: StreamName, sequence: number): string => {
    if (!this.options.guards(app)) return '';
    const isHeard = this.before.isEmpty || this.sinceChangeMs >= HEARD_MS;
    return (isHeard ? this.current : this.before).made(key, sequence);
  };

  /** Whether a segment is given to one who asks for it so. */
  fits({ app, key }: StreamName, sequence: number, given: string): boolean {
    // Those who were told of it before the rules went still may.
    if (given === '') return !this.options.guards(app) || this.isFromBefore(app);
    if (this.current.fits(key, sequence, given)) return true;
    return this.sinceChangeMs < OLD_MS && this.before.fits(key, sequence, given);
  }

  private get sinceChangeMs(): number {
    return this.options.clock.nowMs() - this.changedAtMs;
  }

  private isFromBefore(app: string): boolean {
    return this.options.isNewlyGuarded?.(app) === true;
  }
}

/** Keys that follow from one secret. */
class Signer {
  readonly secret: Buffer;
  private readonly known = new Map<string, string>();

  constructor(secret: Buffer) {
    this.secret = secret;
  }

  get isEmpty(): boolean {
    return this.secret.length === 0;
  }

  /** What follows from no secret everybody can reckon. */
  fits(key: string, sequence: number, given: string): boolean {
    if (this.isEmpty) return false;
    const wanted = Buffer.from(this.made(key, sequence));
    const found = Buffer.from(given);
    return wanted.length === found.length && timingSafeEqual(wanted, found);
  }

  made(key: string, sequence: number): string {
    const text = `${key}\n${Math.floor(sequence / SEGMENTS_A_KEY)}`;
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', this.secret).update(text).digest();
    const made = digest.toString('base64url', 0, KEY_BYTES);
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(text, made);
    return made;
  }
}
