import { createHmac, timingSafeEqual } from 'node:crypto';
import type { StreamName } from '../media/stream-name.ts';

/** Segments that have one key together: with 2 s each it changes every nine minutes. */
const SEGMENTS_A_KEY = 256;
const KEY_BYTES = 16;
/** When there are more all are forgotten. */
const MAX_KNOWN = 4_096;

export interface SegmentKeysOptions {
  /** Not everybody may play what is published there. */
  readonly guards: (app: string) => boolean;
  /** That is so since a moment ago: players still hold playlists from before. */
  readonly isNewlyGuarded?: (app: string) => boolean;
}

/**
 * The path element in front of an HLS segment's file: a function of cluster, stream and
 * segment, so equal on all workers and good for caches, which only those are told who may
 * have the playlist.
 */
export class SegmentKeys {
  /** Of the cluster; empty before the first Configure. */
  secret: Buffer = Buffer.alloc(0);
  private readonly options: SegmentKeysOptions;
  private readonly known = new Map<string, string>();

  constructor(options: SegmentKeysOptions) {
    this.options = options;
  }

  /** Takes effect with each stream's next segment. */
  become(secret: Buffer): void {
    this.secret = secret;
    this.known.clear();
  }

  /** As a playlist shows it; empty where everybody may play. */
  readonly of = ({ app, key }: StreamName, sequence: number): string =>
    this.options.guards(app) ? this.made(key, sequence) : '';

  /** Whether a segment is given to one who asks for it so. */
  fits({ app, key }: StreamName, sequence: number, given: string): boolean {
    // Those who were told of it before the rules went still may.
    if (given === '') return !this.options.guards(app) || this.isFromBefore(app);
    const wanted = Buffer.from(this.made(key, sequence));
    const found = Buffer.from(given);
    return wanted.length === found.length && timingSafeEqual(wanted, found);
  }

  private isFromBefore(app: string): boolean {
    return this.options.isNewlyGuarded?.(app) === true;
  }

  private made(key: string, sequence: number): string {
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
