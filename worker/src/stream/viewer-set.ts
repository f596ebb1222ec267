import type { Clock } from './clock.ts';
import { flvDistanceMs, flvTimestampMs } from './flv-clock.ts';
import type { FrameStore } from './frame-store.ts';
import type { PackagedLog } from './packaged-log.ts';
import type { SlowViewers } from './slow-viewers.ts';
import type { StartPoint } from './start-index.ts';
import type { TrackHistory } from './tracks.ts';
import { configurationRecords, startBytes } from './viewer-start.ts';
import {
  StreamViewer,
  type AttachRequest,
  type Viewer,
  type ViewerCloseReason,
  type ViewerOwner,
  type ViewerProtocol,
} from './viewer.ts';
import type { ViewerTimes } from './viewer-times.ts';

/** Time goes on so long behind the last record before a skip. */
const SKIP_GAP_MS = 20;
/** Viewers that do not take the last bytes are closed all the same. */
const END_TIMEOUT_MS = 10_000;
const STALL_CHECK_MS = 1_000;

/** Where a relay starts: its cursor, and what it is told before. */
export interface RelayStart {
  readonly position: number;
  readonly bytes: Buffer;
}

export interface ViewerSetOptions {
  readonly store: FrameStore;
  readonly tracks: TrackHistory;
  readonly clock: Clock;
  readonly slow: SlowViewers;
  readonly times: ViewerTimes;
  /** Of the newest frame. */
  readonly lastDtsMs: () => number;
  /** Prefix of ids: the stream's key. */
  readonly name: string;
  /** Media is there to start with. */
  readonly isReady: () => boolean;
  /** Undefined while the stream does not know itself yet. */
  readonly relayStart: (fromSequence: number | undefined) => RelayStart | undefined;
  /** For a relay that was late and goes on at a start point. */
  readonly relayPrefix: (start: StartPoint) => Buffer;
}

/** The bytes that all viewers of one kind get at one start point. */
interface CachedStart {
  readonly sequence: number;
  readonly version: number;
  readonly bytes: Buffer;
}

/** A stream's viewers: started at a key frame, moved when late, closed at the end. */
export class ViewerSet implements ViewerOwner {
  readonly counts: Record<ViewerProtocol, number> = { rtmp: 0, flv: 0, 'ws-flv': 0, relay: 0 };
  /** Of these, those over TLS. */
  readonly encryptedCounts: Record<ViewerProtocol, number> = { ...this.counts };
  private readonly options: ViewerSetOptions;
  private readonly viewers = new Set<StreamViewer>();
  private readonly pending = new Set<StreamViewer>();
  private readonly late = new Set<StreamViewer>();
  private readonly startCache = new Map<ViewerProtocol, CachedStart>();
  private nextSerial = 1;
  private stallsCheckedMs = 0;

  constructor(options: ViewerSetOptions) {
    this.options = options;
  }

  get name(): string {
    return this.options.name;
  }

  get size(): number {
    return this.viewers.size;
  }

  /** Without a copy, for who looks at once. */
  get readers(): ReadonlySet<StreamViewer> {
    return this.viewers;
  }

  all(): Viewer[] {
    return [...this.viewers];
  }

  attach(request: AttachRequest): Viewer {
    const viewer = new StreamViewer(this.nextSerial, this.options.clock, request, this);
    this.nextSerial += 1;
    this.viewers.add(viewer);
    this.count(viewer, 1);
    if (!this.tryStart(viewer)) this.pending.add(viewer);
    return viewer;
  }

  /** A frame was stored; isStart: viewers may start with it. */
  onFrame(isStart: boolean): void {
    this.startPending();
    if (isStart) this.moveLate();
  }

  /** Deadlines; may be called more often than they are looked at. */
  tick(nowMs: number, lagMs: number): void {
    if (nowMs - this.stallsCheckedMs >= STALL_CHECK_MS) {
      this.stallsCheckedMs = nowMs;
      this.closeStalled(lagMs);
    }
    this.startPending();
  }

  /** Starts whoever waits, where that is possible now. */
  startPending(): void {
    if (this.pending.size === 0) return;
    for (const viewer of [...this.pending]) {
      if (this.tryStart(viewer)) this.pending.delete(viewer);
    }
  }

  /** Lets every viewer take the rest, then closes it. */
  end(): void {
    const deadlineMs = this.options.clock.nowMs() + END_TIMEOUT_MS;
    for (const viewer of [...this.viewers]) {
      if (viewer.state !== 'playing' || viewer.log === undefined) {
        viewer.close('ended');
        continue;
      }
      viewer.state = 'ending';
      viewer.endDeadlineMs = deadlineMs;
      viewer.connection.limitCursor(viewer.log.log.head);
    }
  }

  closeAll(reason: ViewerCloseReason): void {
    for (const viewer of [...this.viewers]) viewer.close(reason);
  }

  onLate(viewer: StreamViewer): void {
    const { slow } = this.options;
    if (slow.mayGoOn(viewer.slow, viewer.connection.bytesSent)) {
      this.moveOrWait(viewer);
      return;
    }
    this.closeSlow(viewer);
  }

  onClosed(viewer: StreamViewer): void {
    if (!this.viewers.delete(viewer)) return;
    this.pending.delete(viewer);
    this.late.delete(viewer);
    this.count(viewer, -1);
  }

  /** A new start point is there for those who wait for one. */
  private moveLate(): void {
    if (this.late.size === 0) return;
    for (const viewer of [...this.late]) {
      this.late.delete(viewer);
      this.moveOrWait(viewer);
    }
  }

  /** Closes those who do not take their bytes. */
  private closeStalled(lagMs: number): void {
    if (this.viewers.size === 0) return;
    const nowMs = this.options.clock.nowMs();
    const newestMs = flvTimestampMs(Math.max(0, this.options.lastDtsMs()));
    for (const viewer of [...this.viewers]) {
      this.noteLag(viewer, newestMs);
      if (nowMs >= viewer.endDeadlineMs) viewer.close('ended');
      else if (this.isStalled(viewer, lagMs)) this.closeSlow(viewer);
    }
  }

  private count({ protocol, connection }: StreamViewer, by: 1 | -1): void {
    this.counts[protocol] += by;
    if (connection.isEncrypted) this.encryptedCounts[protocol] += by;
  }

  private closeSlow(viewer: StreamViewer): void {
    this.options.slow.closed();
    viewer.close('too-slow');
  }

  /** Of who plays; relays hand on, and their viewers are counted where they are. */
  private noteLag({ state, protocol, connection, log }: StreamViewer, newestMs: number): void {
    if (state !== 'playing' || protocol === 'relay') return;
    const { lagMs } = this.options.times;
    const { cursorTimestampMs } = connection;
    const isAtHead = connection.cursorPosition === log?.log.head;
    if (isAtHead || cursorTimestampMs < 0) lagMs.observe(0);
    else lagMs.observe(Math.max(0, flvDistanceMs(cursorTimestampMs, newestMs)));
  }

  private isStalled(viewer: StreamViewer, lagMs: number): boolean {
    const { slow } = this.options;
    const { connection, log } = viewer;
    const hasNothing =
      viewer.state !== 'playing' ||
      (connection.queuedBytes === 0 && connection.cursorPosition === log?.log.head);
    if (!hasNothing) return slow.isStalled(viewer.slow, connection.bytesSent, lagMs);
    slow.progressed(viewer.slow, connection.bytesSent);
    return false;
  }

  private tryStart(viewer: StreamViewer): boolean {
    return viewer.protocol === 'relay' ? this.tryStartRelay(viewer) : this.tryStartPlayer(viewer);
  }

  private tryStartPlayer(viewer: StreamViewer): boolean {
    const { store, clock, isReady } = this.options;
    if (!isReady()) return false;
    const log = store.open(viewer.protocol, clock.nowMs());
    const start = log.starts.newest();
    if (start === undefined) return false;
    this.begin(viewer, log, start.position, this.startBytesOf(viewer.protocol, log, start));
    return true;
  }

  private tryStartRelay(viewer: StreamViewer): boolean {
    const { store, clock, relayStart } = this.options;
    const start = relayStart(viewer.request.fromSequence);
    if (start === undefined) return false;
    const log = store.open('relay', clock.nowMs());
    this.begin(viewer, log, start.position, start.bytes);
    return true;
  }

  private begin(viewer: StreamViewer, log: PackagedLog, position: number, bytes: Buffer): void {
    const { connection, request } = viewer;
    viewer.state = 'playing';
    viewer.log = log;
    if (request.askedAtMs !== undefined) {
      this.options.times.startMs.observe(this.options.clock.nowMs() - request.askedAtMs);
    }
    viewer.configurationVersion = this.options.tracks.version;
    connection.write(bytes);
    connection.attachCursor(log.log, { position, urgent: viewer.protocol === 'relay' });
    request.onStart?.(bytes);
  }

  private startBytesOf(protocol: ViewerProtocol, log: PackagedLog, start: StartPoint): Buffer {
    const { tracks } = this.options;
    const cached = this.startCache.get(protocol);
    if (cached?.sequence === start.sequence && cached.version === tracks.version) {
      return cached.bytes;
    }
    const bytes = startBytes(protocol, log.packager, tracks, start);
    this.startCache.set(protocol, { sequence: start.sequence, version: tracks.version, bytes });
    return bytes;
  }

  /** Forward only: the newest start point may lie behind the cursor. */
  private moveOrWait(viewer: StreamViewer): void {
    const start = viewer.log?.starts.newest();
    if (start !== undefined && start.position > viewer.connection.cursorPosition) {
      this.move(viewer, start);
      return;
    }
    viewer.state = 'late';
    this.late.add(viewer);
  }

  private move(viewer: StreamViewer, start: StartPoint): void {
    viewer.state = 'playing';
    if (viewer.protocol === 'relay') {
      this.options.slow.skipped(viewer.slow, 0);
      viewer.connection.moveCursor(start.position, 0, this.options.relayPrefix(start));
      return;
    }
    this.options.slow.skipped(viewer.slow, skipMs(viewer.connection.cursorTimestampMs, start));
    viewer.connection.moveCursor(start.position, viewer.skippedMs, this.prefix(viewer, start));
  }

  /** Configurations again, at the viewer's own time, when they changed. */
  private prefix(viewer: StreamViewer, start: StartPoint): Buffer | undefined {
    const { tracks } = this.options;
    if (viewer.log === undefined || viewer.configurationVersion === tracks.version) {
      return undefined;
    }
    viewer.configurationVersion = tracks.version;
    const dtsMs = Math.max(0, start.dtsMs - viewer.skippedMs);
    const moment = { sequence: start.sequence, dtsMs };
    return configurationRecords(viewer.log.packager, tracks, moment);
  }
}

/** How much of the log's time a viewer leaves out that saw it up to lastMs. */
function skipMs(lastMs: number, start: StartPoint): number {
  // It saw nothing yet: any time is a good one to start with.
  if (lastMs < 0) return 0;
  return Math.max(0, flvDistanceMs(lastMs, flvTimestampMs(start.floorDtsMs)) - SKIP_GAP_MS);
}
