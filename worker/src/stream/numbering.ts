import type { RelayHello } from '../formats/relay/hello.ts';
import type { Continuation } from './continuation.ts';
import type { FrameStore } from './frame-store.ts';
import type { Ingest } from './ingest.ts';
import type { TrackHistory } from './tracks.ts';

/**
 * How a run of a stream is numbered, and how that goes on when its publisher
 * returns, here or on another worker. A fresh run numbers its frames from the
 * wall clock's milliseconds and its segments from its seconds, so that numbers
 * of an earlier run of the same name never come again: caches and followers
 * cannot mix them up.
 */
export class Numbering {
  incarnation = '';
  startedUnixMs = 0;
  private readonly ingest: Ingest;
  private readonly store: FrameStore;
  private readonly tracks: TrackHistory;
  private given: Continuation | undefined = undefined;

  constructor(ingest: Ingest, store: FrameStore, tracks: TrackHistory) {
    this.ingest = ingest;
    this.store = store;
    this.tracks = tracks;
  }

  /** A publisher comes. True when it goes on with what was there before. */
  start(unixMs: number, continuation: Continuation | undefined): boolean {
    const { ingest } = this;
    if (continuation !== undefined && continuation.nextSequence > ingest.nextSequence) {
      this.restore(continuation);
      ingest.missed();
    }
    if (this.incarnation === '') {
      this.incarnation = String(unixMs);
      this.startedUnixMs = unixMs;
    }
    if (ingest.nextSequence < 0) ingest.nextSequence = unixMs;
    return ingest.lastDtsMs >= 0;
  }

  /** A relay's hello. False when it tells of another run. */
  adopt(hello: RelayHello): boolean {
    if (this.incarnation === '') {
      this.incarnation = hello.incarnation;
      this.startedUnixMs = hello.startedUnixMs;
    }
    return this.incarnation === hello.incarnation;
  }

  get nextMarkSequence(): number {
    const newest = this.store.segments.newest?.mark.sequence ?? -1;
    const given = this.given?.nextMarkSequence ?? Math.floor(this.startedUnixMs / 1000);
    return Math.max(newest + 1, given);
  }

  get discontinuitySequence(): number {
    return Math.max(
      this.store.segments.newest?.mark.discontinuitySequence ?? 0,
      this.given?.discontinuitySequence ?? 0,
    );
  }

  /** 0 while no segment is complete. */
  get targetDurationSeconds(): number {
    const known = this.store.segments.targetDurationSeconds;
    return known > 0 ? known : (this.given?.targetDurationSeconds ?? 0);
  }

  continuation(): Continuation {
    return {
      incarnation: this.incarnation,
      startedUnixMs: this.startedUnixMs,
      nextSequence: Math.max(0, this.ingest.nextSequence),
      lastDtsMs: this.ingest.lastDtsMs,
      nextMarkSequence: this.nextMarkSequence,
      discontinuitySequence: this.discontinuitySequence,
      targetDurationSeconds: this.targetDurationSeconds,
      configurations: this.tracks
        .newest()
        .map(({ kind, body }) => ({ kind, body: body.toString('base64') })),
    };
  }

  private restore(continuation: Continuation): void {
    this.given = continuation;
    this.incarnation = continuation.incarnation;
    this.startedUnixMs = continuation.startedUnixMs;
    this.ingest.nextSequence = continuation.nextSequence;
    this.ingest.lastDtsMs = continuation.lastDtsMs;
  }
}
