import type { Branch, RelayHello } from '../formats/relay/hello.ts';
import type { Continuation } from './continuation.ts';
import type { FrameStore } from './frame-store.ts';
import type { Ingest } from './ingest.ts';
import type { TrackHistory } from './tracks.ts';

/** What a relay's hello tells of: another run; what is here, or its continuation; or a
 * branch of the run that what is here is no part of. */
export type HelloKind = 'other-run' | 'same' | 'other-branch';

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
  private branches: readonly Branch[] = [];
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
      const { lastDtsMs } = ingest;
      this.restore(continuation);
      ingest.missed(this.isLost(lastDtsMs, ingest.lastDtsMs));
    }
    if (this.incarnation === '') {
      this.incarnation = String(unixMs);
      this.startedUnixMs = unixMs;
    }
    if (ingest.nextSequence < 0) ingest.nextSequence = unixMs;
    return ingest.lastDtsMs >= 0;
  }

  /** A relay's hello. `epoch`: of what is here; an upstream with an older one has not
   * heard yet of what is here. */
  adopt(hello: RelayHello, epoch: number): HelloKind {
    if (this.incarnation === '') {
      this.incarnation = hello.incarnation;
      this.startedUnixMs = hello.startedUnixMs;
      this.branches = hello.branches;
    }
    if (this.incarnation !== hello.incarnation) return 'other-run';
    const isPart = this.isPartOf(hello);
    if (!isPart && hello.epoch <= epoch) return 'same';
    this.branches = hello.branches;
    return isPart ? 'same' : 'other-branch';
  }

  get allBranches(): readonly Branch[] {
    return this.branches;
  }

  /** Its name; undefined: all was handed over. */
  get newestBranch(): string | undefined {
    return this.branches.at(-1)?.name;
  }

  /** Frames between these two were lost with their ingest worker: a branch begins there.
   * Nobody who goes on with it has them. */
  isLost(fromDtsMs: number, toDtsMs: number): boolean {
    return this.branches.some(({ startDtsMs }) => fromDtsMs <= startDtsMs && startDtsMs <= toDtsMs);
  }

  get nextMarkSequence(): number {
    const newest = this.store.segments.lastMark?.sequence ?? -1;
    const given = this.given?.nextMarkSequence ?? Math.floor(this.startedUnixMs / 1000);
    return Math.max(newest + 1, given);
  }

  get discontinuitySequence(): number {
    return Math.max(
      this.store.segments.lastMark?.discontinuitySequence ?? 0,
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
      branches: this.branches,
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

  /** Whether what the hello tells of goes on from what is here. */
  private isPartOf({ branches }: RelayHello): boolean {
    const own = this.branches.at(-1);
    const at = own === undefined ? -1 : branches.findIndex(({ name }) => name === own.name);
    if (own !== undefined && at < 0) return false;
    const next = branches[at + 1];
    return next === undefined || this.ingest.lastDtsMs <= next.startDtsMs;
  }

  private restore(continuation: Continuation): void {
    this.given = continuation;
    this.incarnation = continuation.incarnation;
    this.startedUnixMs = continuation.startedUnixMs;
    this.branches = continuation.branches;
    this.ingest.nextSequence = continuation.nextSequence;
    this.ingest.lastDtsMs = continuation.lastDtsMs;
  }
}
