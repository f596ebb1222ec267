import type { Engine } from '../engine/engine.ts';
import { relayMarkRecord } from '../formats/relay/writer.ts';
import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { emptyFrame } from '../media/frame.ts';
import { dtsFromFlvTimestamp } from './flv-clock.ts';
import { walkFlvLog } from './flv-walk.ts';
import type { LagBound, LogKind, PackagedLog, StoredFrame } from './packaged-log.ts';
import { createPackagedLog } from './packagers/create.ts';
import { TsPackager } from './packagers/ts.ts';
import { SegmentList, type Segment } from './segment-list.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { TrackHistory } from './tracks.ts';

export interface FrameStoreOptions {
  readonly engine: Engine;
  readonly tracks: TrackHistory;
  readonly config: () => StreamsConfig;
}

/** A further log without readers is kept this long for the next one. */
const IDLE_LOG_MS = 10_000;
/** The byte bound of a viewer's lag: so much of the time bound's bytes. */
const LAG_BYTES_FACTOR = 4;
const MIN_LAG_BYTES = 4 * 1024 * 1024;

/** From this position on tags are numbered from this sequence on, without gap. */
interface Numbering {
  readonly position: number;
  readonly sequence: number;
}

/**
 * A stream's frames: appended once to the FLV log, and packaged from there
 * into further logs, which exist only while someone reads them.
 */
export class FrameStore {
  readonly segments = new SegmentList();
  private readonly engine: Engine;
  private readonly tracks: TrackHistory;
  private readonly config: () => StreamsConfig;
  private readonly bound: LagBound = { lagMs: 0, lagBytes: 0 };
  private readonly lastUsedMs = new Map<LogKind, number>();
  private flv: PackagedLog | undefined = undefined;
  private further: PackagedLog[] = [];
  private numbering: Numbering[] = [];
  private expectedSequence = -1;
  private knownTail = 0;

  constructor(options: FrameStoreOptions) {
    this.engine = options.engine;
    this.tracks = options.tracks;
    this.config = options.config;
  }

  /** The store itself; made with the first frame or reader. */
  get main(): PackagedLog {
    this.flv ??= createPackagedLog(this.engine, 'flv');
    return this.flv;
  }

  /** Those that exist now, the store itself first. */
  logs(): PackagedLog[] {
    return this.flv === undefined ? this.further : [this.flv, ...this.further];
  }

  /** Memory in the arena, by log. */
  arenaBytes(): Record<string, number> {
    return Object.fromEntries(this.logs().map(({ kind, log }) => [kind, log.arenaBytes]));
  }

  get droppedFrames(): number {
    return this.flv?.droppedFrames ?? 0;
  }

  /** The log of a kind, if it exists now. */
  peek(kind: LogKind): PackagedLog | undefined {
    return kind === 'flv' ? this.flv : this.further.find((log) => log.kind === kind);
  }

  /** The log of a kind; made from the FLV log when nobody read it before. */
  open(kind: LogKind, nowMs: number): PackagedLog {
    this.lastUsedMs.set(kind, nowMs);
    return this.peek(kind) ?? this.make(kind);
  }

  /** Stores a frame in every log. False: there was no room, it is nowhere. */
  append(stored: StoredFrame, bitsPerSecond: number): boolean {
    const { main } = this;
    const position = main.log.head;
    const isStored = main.append(stored);
    if (main.log.tail > this.knownTail) this.afterForcedTrim();
    if (!isStored) return false;
    if (stored.sequence !== this.expectedSequence) {
      this.numbering.push({ position, sequence: stored.sequence });
    }
    this.expectedSequence = stored.sequence + 1;
    for (const log of this.further) log.append(stored);
    this.boundLag(stored.dtsMs, bitsPerSecond);
    if (stored.isForced) this.trimLongGop(stored.sequence);
    if (stored.isStart) this.trim(stored.dtsMs);
    return true;
  }

  /** The next frame begins a segment. Call it right before that is appended,
   * when its configurations are known. */
  begin(mark: SegmentMark): Segment | undefined {
    const segment = this.segments.begin(mark, this.main.log.head);
    if (segment === undefined) return undefined;
    this.segments.trim(this.config().hls.segments);
    for (const log of this.further) this.beginIn(log, segment);
    return segment;
  }

  /** Frames are missing: a segment's bytes must be the same on every worker, so
   * that what there is of the newest one is never shown. isLost: nobody has them. */
  breakSegment(isLost: boolean): void {
    this.segments.breakNewest(isLost);
    this.stopTs();
  }

  /** What comes now has numbers that go on from nothing that is here. */
  beginAnew(): void {
    this.segments.clear();
    this.stopTs();
    for (const log of [this.main, ...this.further]) log.beginAnew();
  }

  private stopTs(): void {
    const packager = this.peek('ts')?.packager;
    if (packager instanceof TsPackager) packager.stop();
  }

  /** Media time between the oldest and the newest point to start at. */
  get keptMs(): number {
    return this.flv?.starts.spanMs ?? 0;
  }

  /** Gives up the oldest GOPs, so that keptMs is at most this. The newest stays. */
  keepAtMost(keptMs: number): void {
    const { main } = this;
    const newest = main.starts.newest();
    if (newest === undefined || this.keptMs <= keptMs) return;
    main.trim((main.starts.atOrAfterDts(newest.dtsMs - keptMs) ?? newest).position);
    this.afterForcedTrim();
    const { oldest } = this.segments;
    for (const log of this.further) {
      if (log.kind === 'ts') trimTs(log, oldest);
      else log.trimToLag(newest.dtsMs, keptMs, relayKeep(log, oldest));
    }
  }

  /** No more frames will come. */
  end(lastDtsMs: number): void {
    this.segments.end(lastDtsMs, this.config().hls.segmentSeconds);
    const { newest } = this.segments;
    const ts = this.peek('ts');
    if (newest !== undefined && ts !== undefined) newest.tsEnd = ts.log.head;
  }

  /** Closes the further logs that nobody used for a while. */
  closeIdle(nowMs: number, isUsed: (kind: LogKind) => boolean): void {
    if (this.further.length === 0) return;
    for (const log of [...this.further]) {
      if (log.log.cursors > 0 || isUsed(log.kind)) this.lastUsedMs.set(log.kind, nowMs);
      else if (nowMs - (this.lastUsedMs.get(log.kind) ?? 0) > IDLE_LOG_MS) this.drop(log);
    }
  }

  close(): void {
    for (const log of [...this.further]) this.drop(log);
    this.flv?.log.close();
    this.flv = undefined;
  }

  private drop(log: PackagedLog): void {
    this.further = this.further.filter((other) => other !== log);
    if (log.kind === 'ts') this.segments.forgetTs();
    log.log.close();
  }

  private beginIn(log: PackagedLog, segment: Segment): void {
    if (log.kind === 'relay') log.appendRecord(relayMarkRecord(segment.mark));
    if (!(log.packager instanceof TsPackager)) return;
    const { head } = log.log;
    const before = this.segments.before(segment);
    if (before !== undefined && before.tsPosition >= 0) before.tsEnd = head;
    segment.tsPosition = head;
    log.packager.startSegment(segment.mark, this.tracks.tracksAt(segment.mark.frameSequence));
  }

  private boundLag(dtsMs: number, bitsPerSecond: number): void {
    const { bound } = this;
    bound.lagMs = this.config().maxLagSeconds * 1000;
    bound.lagBytes = Math.max(
      MIN_LAG_BYTES,
      (LAG_BYTES_FACTOR * bitsPerSecond * bound.lagMs) / 8_000,
    );
    this.flv?.boundLag(dtsMs, bound);
    for (const log of this.further) {
      if (log.kind === 'rtmp' || log.kind === 'ws-flv') log.boundLag(dtsMs, bound);
    }
  }

  private trim(dtsMs: number): void {
    const { main } = this;
    const { oldest } = this.segments;
    const lagMs = this.config().maxLagSeconds * 1000;
    main.trimToLag(dtsMs, lagMs, oldest?.flvPosition);
    this.knownTail = main.log.tail;
    for (const log of this.further) {
      if (log.kind === 'ts') trimTs(log, oldest);
      else log.trimToLag(dtsMs, lagMs, log.kind === 'relay' ? relayKeep(log, oldest) : undefined);
    }
    this.trimHistory();
  }

  /** Without key frames the window of segments may be too much to keep. */
  private trimLongGop(sequence: number): void {
    const before = this.main.starts.atOrBeforeSequence(sequence - 1);
    if (before === undefined) return;
    this.main.trim(before.position);
    this.afterForcedTrim();
  }

  /** append() itself had to give up old frames. */
  private afterForcedTrim(): void {
    this.knownTail = this.main.log.tail;
    this.segments.dropBefore(this.knownTail);
    this.trimHistory();
  }

  private trimHistory(): void {
    const kept = this.numbering.findLastIndex(({ position }) => position <= this.knownTail);
    if (kept > 0) this.numbering.splice(0, kept);
    const start = this.main.starts.oldest()?.sequence ?? 0;
    this.tracks.trim(Math.min(start, this.segments.oldest?.mark.frameSequence ?? start));
  }

  private make(kind: LogKind): PackagedLog {
    if (kind === 'flv') return this.main;
    const log = createPackagedLog(this.engine, kind);
    this.fill(log);
    this.further.push(log);
    return log;
  }

  /** Packages what the FLV log holds, from where this kind of reader starts. */
  private fill(log: PackagedLog): void {
    const { main } = this;
    const position = this.fillPosition(log.kind);
    const starts = main.starts.byPosition();
    const segments = new Map(this.segments.all.map((segment) => [segment.flvPosition, segment]));
    const numbers = new Map(this.numbering.map((entry) => [entry.position, entry.sequence]));
    const stored = emptyStoredFrame();
    stored.dtsMs = main.starts.newest()?.dtsMs ?? 0;
    stored.sequence = this.sequenceAt(position) - 1;
    walkFlvLog(main.log, position, (frame, at, isReadable) => {
      const segment = segments.get(at);
      if (segment !== undefined) this.beginIn(log, segment);
      stored.sequence = numbers.get(at) ?? stored.sequence + 1;
      stored.dtsMs = dtsFromFlvTimestamp(frame.dtsMs, stored.dtsMs);
      stored.frame = frame;
      stored.isStart = starts.has(at);
      stored.floorDtsMs = starts.get(at)?.floorDtsMs ?? stored.dtsMs;
      if (isReadable) log.append(stored);
    });
    // A segment that begins with the very next frame.
    const upcoming = segments.get(main.log.head);
    if (upcoming !== undefined) this.beginIn(log, upcoming);
    this.endIn(log);
  }

  private endIn(log: PackagedLog): void {
    const { newest } = this.segments;
    if (log.kind === 'ts' && newest !== undefined && newest.durationMs >= 0) {
      newest.tsEnd = log.log.head;
    }
  }

  private fillPosition(kind: LogKind): number {
    const { main, segments } = this;
    const newestStart = main.starts.newestPosition;
    const forViewers = newestStart < 0 ? main.oldestPosition : newestStart;
    if (kind === 'rtmp' || kind === 'ws-flv') return forViewers;
    return segments.oldest?.flvPosition ?? (kind === 'ts' ? main.log.head : main.oldestPosition);
  }

  /** Sequence of the tag at a position: counted on from the nearest known one. */
  private sequenceAt(position: number): number {
    const near = this.nearestKnown(position);
    if (near === undefined) return Math.max(0, this.expectedSequence);
    let { sequence } = near;
    walkFlvLog(this.main.log, near.position, (_frame, at) => {
      if (at < position) sequence += 1;
    });
    return sequence;
  }

  private nearestKnown(position: number): Numbering | undefined {
    const segments = this.segments.all.map(({ mark, flvPosition }) => ({
      position: flvPosition,
      sequence: mark.frameSequence,
    }));
    return [...this.numbering, ...this.main.starts.byPosition().values(), ...segments]
      .filter((known) => known.position <= position)
      .reduce<Numbering | undefined>((best, known) => {
        return best === undefined || known.position >= best.position ? known : best;
      }, undefined);
  }
}

export function emptyStoredFrame(): StoredFrame {
  return {
    frame: emptyFrame(),
    sequence: 0,
    dtsMs: 0,
    isStart: false,
    isForced: false,
    floorDtsMs: 0,
  };
}

function trimTs(log: PackagedLog, oldest: Segment | undefined): void {
  if (oldest !== undefined && oldest.tsPosition >= 0) log.trim(oldest.tsPosition);
}

/** A relay may start as far back as the oldest segment. */
function relayKeep(log: PackagedLog, oldest: Segment | undefined): number | undefined {
  if (oldest === undefined) return undefined;
  return log.starts.atOrBeforeSequence(oldest.mark.frameSequence)?.position ?? 0;
}
