import type { EngineLog } from '../engine/engine.ts';
import { renderPlaylist } from '../formats/hls/playlist.ts';
import { isTsCapable } from '../formats/mpegts/packetizer.ts';
import type { Clock } from './clock.ts';
import type { FrameStore } from './frame-store.ts';
import type { Segment } from './segment-list.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { TrackHistory } from './tracks.ts';

export interface HlsWindowOptions {
  /** Of the stream, without app. */
  readonly name: string;
  readonly store: FrameStore;
  readonly tracks: TrackHistory;
  readonly config: () => StreamsConfig;
  readonly clock: Clock;
  /** False while a relay has not caught up: the window would show too little. */
  readonly isReady: () => boolean;
}

/** Bytes of a segment: for Connection.writeSpan. */
export interface SegmentSpan {
  readonly log: EngineLog;
  readonly position: number;
  readonly length: number;
}

/** Stops waiting; harmless afterwards. */
export type CancelWait = () => void;

interface Waiter {
  /** Undefined: for the playlist. */
  readonly sequence: number | undefined;
  readonly wake: () => void;
}

const MAX_WAITERS = 4_096;
const MAX_CLIENTS = 100_000;
/** A player that asked for nothing this long has left. */
const CLIENT_IDLE_MS = 15_000;

/** A stream as HLS: one playlist a segment, segments as spans of the TS log. */
export class HlsWindow {
  private readonly options: HlsWindowOptions;
  private readonly waiters = new Set<Waiter>();
  private readonly clients = new Map<string, number>();
  private touchedAtMs = -Infinity;
  private rendered: string | undefined = undefined;
  private hasEnded = false;

  constructor(options: HlsWindowOptions) {
    this.options = options;
  }

  /** Why there is no HLS of this stream: a sentence. Undefined when there is. */
  unavailable(): string | undefined {
    const { current } = this.options.tracks;
    if (current.video === undefined && current.audio === undefined) return undefined;
    return isTsCapable(current);
  }

  /** Undefined until the first segment is complete. */
  playlist(): string | undefined {
    this.rendered ??= this.render();
    return this.rendered;
  }

  /** Calls back with the playlist once there is one; undefined when the stream
   * ended first or too many wait. */
  waitForPlaylist(callback: (playlist: string | undefined) => void): CancelWait {
    const playlist = this.playlist();
    if (playlist !== undefined || this.hasEnded) {
      callback(playlist);
      return ignore;
    }
    return this.wait(undefined, () => callback(this.playlist()));
  }

  /** Span of a complete segment that is still kept. */
  segment(sequence: number): SegmentSpan | undefined {
    const { store, clock } = this.options;
    const known = store.segments.find(sequence);
    if (known === undefined || known.durationMs < 0) return undefined;
    const { log } = store.open('ts', clock.nowMs());
    // Nothing of it is there when the arena was full.
    const isKept = known.tsPosition >= 0 && known.tsPosition >= log.tail;
    if (!isKept || known.tsEnd <= known.tsPosition) return undefined;
    return { log, position: known.tsPosition, length: known.tsEnd - known.tsPosition };
  }

  /** Whether a segment that is not there now is worth waiting for. */
  expects(sequence: number): boolean {
    if (this.hasEnded) return false;
    const newest = this.options.store.segments.newest?.mark.sequence;
    return newest !== undefined && (sequence === newest || sequence === newest + 1);
  }

  /** Calls back once the segment is complete; at once with undefined when it
   * is gone, or not the next. */
  waitForSegment(sequence: number, callback: (span: SegmentSpan | undefined) => void): CancelWait {
    const span = this.segment(sequence);
    if (span !== undefined || !this.expects(sequence)) {
      callback(span);
      return ignore;
    }
    return this.wait(sequence, () => callback(this.segment(sequence)));
  }

  /** A player asked for something. `client` tells players apart, roughly. */
  touch(client?: string): void {
    const nowMs = this.options.clock.nowMs();
    this.touchedAtMs = nowMs;
    if (client === undefined) return;
    if (this.clients.size < MAX_CLIENTS || this.clients.has(client)) {
      this.clients.set(client, nowMs);
    }
  }

  /** Whether the player asked for something lately. */
  knows(client: string): boolean {
    return this.clients.has(client);
  }

  /** Players seen lately. */
  get viewers(): number {
    return this.clients.size;
  }

  /** Somebody asked lately, or waits. */
  get isUsed(): boolean {
    const idleMs = this.options.clock.nowMs() - this.touchedAtMs;
    return idleMs < CLIENT_IDLE_MS || this.waiters.size > 0;
  }

  /** A segment was completed, or the window may show more than before. */
  onChange(): void {
    this.rendered = undefined;
    this.wake();
  }

  onEnd(): void {
    this.hasEnded = true;
    this.onChange();
  }

  forgetIdleClients(nowMs: number): void {
    if (this.clients.size === 0) return;
    for (const [client, seenMs] of this.clients) {
      if (nowMs - seenMs >= CLIENT_IDLE_MS) this.clients.delete(client);
    }
  }

  private wait(sequence: number | undefined, wake: () => void): CancelWait {
    if (this.waiters.size >= MAX_WAITERS) {
      wake();
      return ignore;
    }
    const waiter: Waiter = { sequence, wake };
    this.waiters.add(waiter);
    return () => void this.waiters.delete(waiter);
  }

  private wake(): void {
    if (this.waiters.size === 0) return;
    for (const waiter of [...this.waiters]) {
      if (!this.isDue(waiter)) continue;
      this.waiters.delete(waiter);
      waiter.wake();
    }
  }

  private isDue({ sequence }: Waiter): boolean {
    if (this.hasEnded) return true;
    if (sequence === undefined) return this.playlist() !== undefined;
    return this.segment(sequence) !== undefined || !this.expects(sequence);
  }

  private render(): string | undefined {
    const { store, config, name, isReady } = this.options;
    if (!isReady() && !this.hasEnded) return undefined;
    const segments = store.segments.window(config().hls.segments);
    if (segments.length === 0 || this.unavailable() !== undefined) return undefined;
    return renderPlaylist({
      name,
      segments: segments.map(toRow),
      targetDurationSeconds: store.segments.targetDurationSeconds,
      ended: this.hasEnded,
    });
  }
}

function toRow({ mark, durationMs }: Segment): Parameters<typeof renderPlaylist>[0]['segments'][0] {
  return {
    sequence: mark.sequence,
    durationMs,
    wallClockUnixMs: mark.wallClockUnixMs,
    discontinuity: mark.discontinuity,
    discontinuitySequence: mark.discontinuitySequence,
    independent: mark.independent,
  };
}

function ignore(): void {
  // Nothing waits.
}
