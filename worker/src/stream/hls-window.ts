import type { Engine, EngineLog, StandingAnswer } from '../engine/engine.ts';
import type { Variant } from '../formats/hls/multivariant.ts';
import { renderPlaylist, type PlaylistSegment } from '../formats/hls/playlist.ts';
import { isTsCapable, PSI_PACKETS, TS_PACKET_BYTES } from '../formats/mpegts/packetizer.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from './clock.ts';
import type { FrameStore } from './frame-store.ts';
import { HlsPlayers, type HlsPlayer, type PlayerWatch } from './hls-players.ts';
import type { Segment } from './segment-list.ts';
import type { SegmentKey } from './segment-key.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { TrackHistory, Tracks } from './tracks.ts';

export interface HlsWindowOptions {
  readonly name: StreamName;
  readonly engine: Pick<Engine, 'createAnswer'>;
  readonly store: FrameStore;
  readonly tracks: TrackHistory;
  readonly config: () => StreamsConfig;
  readonly clock: Clock;
  /** False while a relay has not caught up: the window would show too little. */
  readonly isReady: () => boolean;
  readonly segmentKey: SegmentKey;
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
/** With which every segment begins. */
const TABLES_BYTES = PSI_PACKETS * TS_PACKET_BYTES;
/** Players begin three segments before the end (RFC 8216 6.3.3). */
const START_SEGMENTS = 3;
/** Where the size of no segment is known. */
const ASSUMED_BITS_PER_SECOND = 2_000_000;

/** A stream as HLS: one playlist a segment, segments as spans of the TS log. */
export class HlsWindow {
  readonly players: HlsPlayers;
  private readonly options: HlsWindowOptions;
  private readonly waiters = new Set<Waiter>();
  private rendered: string | undefined = undefined;
  private answer: StandingAnswer | undefined = undefined;
  private hasEnded = false;
  private fault: string | undefined = undefined;
  /** Version of the tracks that it is about. */
  private judgedVersion = -1;
  /** Segments up to this one are in players.producedBytes. */
  private countedSequence = -1;

  constructor(options: HlsWindowOptions) {
    this.options = options;
    this.players = new HlsPlayers(options.clock);
  }

  /** Why there is no HLS of this stream: a sentence. Undefined when there is. */
  unavailable(): string | undefined {
    const { tracks } = this.options;
    // To look into parameter sets for every request would be half of what it costs.
    if (tracks.version === this.judgedVersion) return this.fault;
    this.judgedVersion = tracks.version;
    this.fault = faultOf(tracks.current);
    return this.fault;
  }

  /** Undefined until the first segment is complete. */
  playlist(): string | undefined {
    this.rendered ??= this.render();
    return this.rendered;
  }

  /** A player may have the media playlist, who has just come. */
  begin(player: HlsPlayer, watch: PlayerWatch): void {
    this.players.begin(player, watch, this.startBytes());
  }

  /** What the playlist is of, for one who chooses by that. */
  variant(): Variant {
    const { video, audio } = this.options.tracks.current;
    const codecs = [video?.codecString ?? '', audio?.codecString ?? ''].filter((one) => one !== '');
    const rates = this.packaged().map(
      (segment) => (lengthOf(segment) * 8_000) / segment.durationMs,
    );
    const peak = Math.max(0, ...rates);
    return {
      bandwidth: peak === 0 ? ASSUMED_BITS_PER_SECOND : Math.ceil(peak),
      codecs,
      width: video?.width ?? 0,
      height: video?.height ?? 0,
    };
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

  /** Span of a complete segment that is still kept. Of a gap only the tables, which
   * are the same everywhere: there are players that ask for it all the same. */
  segment(sequence: number): SegmentSpan | undefined {
    const { store, clock } = this.options;
    const known = store.segments.find(sequence);
    if (known === undefined || known.durationMs < 0) return undefined;
    const { log } = store.open('ts', clock.nowMs());
    // Nothing of it is there when the arena was full.
    const isKept = known.tsPosition >= 0 && known.tsPosition >= log.tail;
    if (!isKept || known.tsEnd <= known.tsPosition) return undefined;
    const length = known.isBroken ? TABLES_BYTES : known.tsEnd - known.tsPosition;
    return { log, position: known.tsPosition, length };
  }

  /** Whether a segment that is not there now is worth waiting for. */
  expects(sequence: number): boolean {
    if (this.hasEnded) return false;
    const { isReady, store } = this.options;
    // The relay is on its way: another worker showed it in a playlist.
    if (!isReady()) return true;
    const newest = store.segments.newest?.mark.sequence;
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

  /**
   * A protocol's whole answer with the present playlist, once it has set it. It is
   * taken back when there is another playlist, and at every tick(): who may have
   * it is asked anew then.
   */
  get standing(): StandingAnswer {
    this.answer ??= this.options.engine.createAnswer();
    return this.answer;
  }

  /** Somebody asked lately, or waits. */
  get isUsed(): boolean {
    return this.players.areHere || this.waiters.size > 0;
  }

  /** A segment was completed, or the window may show more than before. */
  onChange(): void {
    this.rendered = undefined;
    this.countBytes();
    this.takeBackAnswer();
    this.wake();
  }

  onEnd(): void {
    this.hasEnded = true;
    this.onChange();
  }

  /** Housekeeping, a few times a second. */
  tick(nowMs: number): void {
    this.takeBackAnswer();
    this.players.forgetIdle(nowMs);
  }

  /** The stream is no longer here; another one may have its name from now on. */
  close(reason: string): void {
    this.players.removeAll(reason);
    this.takeBackAnswer();
  }

  /** Those of the playlist whose bytes are there. */
  private packaged(): Segment[] {
    const { store, clock, config } = this.options;
    store.open('ts', clock.nowMs());
    return store.segments.window(config().hls.segments).filter((one) => lengthOf(one) > 0);
  }

  private startBytes(): number {
    const first = this.packaged().slice(-START_SEGMENTS);
    return first.reduce((sum, segment) => sum + lengthOf(segment), 0);
  }

  /** Of segments that are complete since; while nobody plays they have no bytes. */
  private countBytes(): void {
    for (const segment of this.options.store.segments.all) {
      const { sequence } = segment.mark;
      if (sequence <= this.countedSequence || segment.durationMs < 0) continue;
      this.countedSequence = sequence;
      this.players.producedBytes += lengthOf(segment);
    }
  }

  private takeBackAnswer(): void {
    if (this.answer?.isSet === true) this.answer.set(undefined);
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
    const { store, config, name, isReady, segmentKey } = this.options;
    if (!isReady() && !this.hasEnded) return undefined;
    const segments = store.segments.window(config().hls.segments);
    if (segments.length === 0 || this.unavailable() !== undefined) return undefined;
    return renderPlaylist({
      name: name.name,
      segments: segments.map((one) => toRow(one, segmentKey(name, one.mark.sequence))),
      targetDurationSeconds: store.segments.targetDurationSeconds,
      ended: this.hasEnded,
    });
  }
}

function faultOf(tracks: Tracks): string | undefined {
  const hasTracks = tracks.video !== undefined || tracks.audio !== undefined;
  return hasTracks ? isTsCapable(tracks) : undefined;
}

/** 0 where it was not packaged, or in part. */
function lengthOf({ tsPosition, tsEnd, isBroken }: Segment): number {
  return tsPosition < 0 || isBroken ? 0 : Math.max(0, tsEnd - tsPosition);
}

function toRow({ mark, durationMs, isBroken }: Segment, key: string): PlaylistSegment {
  return {
    sequence: mark.sequence,
    key,
    durationMs,
    isGap: isBroken,
    wallClockUnixMs: mark.wallClockUnixMs,
    discontinuity: mark.discontinuity,
    discontinuitySequence: mark.discontinuitySequence,
    independent: mark.independent,
  };
}

function ignore(): void {
  // Nothing waits.
}
