import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { RelayHello } from '../formats/relay/hello.ts';
import type { RelayState } from '../formats/relay/record.ts';
import { relayHeartbeatRecord, relayStateRecord } from '../formats/relay/writer.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from './clock.ts';
import type { Continuation } from './continuation.ts';
import { FrameStore } from './frame-store.ts';
import type { HealthReport, PublisherCondition } from './health-conditions.ts';
import { HlsWindow } from './hls-window.ts';
import { Ingest } from './ingest.ts';
import { Listeners } from './listeners.ts';
import { newestPicture } from './newest-picture.ts';
import { Numbering, type HelloKind } from './numbering.ts';
import type { LogKind } from './packaged-log.ts';
import { LocalSource, type PublishSource } from './publish-source.ts';
import type { PublisherTotals } from './publisher-totals.ts';
import {
  FollowSource,
  type FollowTarget,
  type RelayCloseReason,
  type RelaySource,
} from './relay-source.ts';
import { relayGreeting, relayStart, type RelayStartOptions } from './relay-start.ts';
import { ringView, type RingView } from './ring-view.ts';
import { Segmenter } from './segmenter.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamsConfig } from './streams-config.ts';
import { TrackHistory, type Tracks } from './tracks.ts';
import { ViewerSet, type RelayStart } from './viewer-set.ts';
import type { AttachRequest, Viewer, ViewerCloseReason } from './viewer.ts';

/**
 * idle: nothing came yet. live: a source is attached. waiting: it left, the
 * grace runs. ended: over; only playlists are still served.
 */
export type StreamState = 'idle' | 'live' | 'waiting' | 'ended';

const HEARTBEAT_MS = 1_000;
const STALL_CHECK_MS = 1_000;
/** A stream that nobody reads is told so after this time. */
const UNREAD_MS = 5_000;
const IDLE_MS = 10_000;
/** Playlists of an ended stream stay for players that are behind. */
const ENDED_LINGER_MS = 60_000;

/** One live programme on this worker: its frames, its source, its readers. */
export class Stream {
  readonly name: StreamName;
  readonly hls: HlsWindow;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly config: () => StreamsConfig;
  private readonly publishers: PublisherTotals;
  private readonly trackHistory = new TrackHistory();
  private readonly store: FrameStore;
  private readonly ingest: Ingest;
  private readonly viewerSet: ViewerSet;
  private readonly numbering: Numbering;
  private readonly followTarget: FollowTarget;
  private readonly ended = new Listeners();
  private readonly live = new Listeners();
  private readonly unread = new Listeners();
  private currentState: StreamState = 'idle';
  private currentEpoch = 0;
  /** The newest hello said more than those who follow from here were told. */
  private hasNews = false;
  private local: LocalSource | undefined = undefined;
  private upstream: FollowSource | undefined = undefined;
  private stateSinceMs: number;
  private lastReadMs: number;
  private wasToldUnread = false;
  private isReleased = false;
  private lastRelayRecordMs = 0;
  private stallsCheckedMs = 0;

  constructor(options: StreamOptions) {
    const { name, engine, clock, log, config, slow, packaging, times, segmentKey } = options;
    const tracks = this.trackHistory;
    this.name = name;
    this.clock = clock;
    this.logger = log;
    this.config = config;
    this.publishers = options.publishers;
    this.stateSinceMs = clock.nowMs();
    this.lastReadMs = clock.nowMs();
    const store = new FrameStore({ engine, tracks, config });
    this.store = store;
    const isReady = (): boolean => this.isCaughtUp;
    this.hls = new HlsWindow({
      ...{ name, engine, store, tracks, config, clock, isReady, segmentKey },
    });
    this.ingest = new Ingest({
      store,
      tracks,
      clock,
      slow,
      packaging,
      onFrame: (isStart) => this.onFrame(isStart),
      onSegment: () => this.hls.onChange(),
    });
    this.numbering = new Numbering(this.ingest, store, tracks);
    this.viewerSet = new ViewerSet({
      store,
      tracks,
      clock,
      slow,
      times,
      name: name.key,
      lastDtsMs: () => this.ingest.lastDtsMs,
      isReady: () => this.isCaughtUp && this.ingest.isReady(),
      relayStart: (from) => this.relayStart(from),
      relayPrefix: (start) => relayGreeting(this.relayOptions(), start.sequence),
    });
    this.followTarget = this.makeFollowTarget();
  }

  get state(): StreamState {
    return this.currentState;
  }

  /** Of the newest place that what is here is of. */
  get epoch(): number {
    return this.currentEpoch;
  }

  /** Who has a part in it changed, and its publisher is here; elsewhere hellos say
   * so. Whoever follows from here is told. */
  reachEpoch(epoch: number): void {
    if (epoch <= this.currentEpoch) return;
    this.currentEpoch = epoch;
    this.greetFollowers();
  }

  get tracks(): Tracks {
    return this.trackHistory.current;
  }

  /** Where its writer, GOPs and readers are now. */
  ring(): RingView {
    const { store, viewerSet, ingest } = this;
    const { readers } = viewerSet;
    return ringView({ logs: store.logs(), readers, newestDtsMs: ingest.lastDtsMs });
  }

  /** See newestPicture(). */
  picture(): Buffer | undefined {
    return newestPicture(this.store.main, this.trackHistory);
  }

  /** Viewers by protocol; of HLS those who asked lately. */
  viewerCounts(): Record<string, number> {
    return { ...this.viewerSet.counts, hls: this.hls.players.size };
  }

  /** Of these, those over TLS. */
  encryptedViewerCounts(): Record<string, number> {
    return { ...this.viewerSet.encryptedCounts, hls: this.hls.players.encryptedSize };
  }

  /** Memory in the arena, by log. */
  arenaBytes(): Record<string, number> {
    return this.store.arenaBytes();
  }

  /** How many cursors follow it. */
  get cursors(): number {
    return this.viewerSet.size;
  }

  /** Viewers and relays with a cursor; without HLS players. */
  viewers(): Viewer[] {
    return this.viewerSet.all();
  }

  get bitsPerSecond(): number {
    return this.currentState === 'live' ? this.ingest.bitrate.bitsPerSecond : 0;
  }

  /** How the publisher that is attached here sends. */
  get health(): HealthReport | undefined {
    return this.local?.report(this.clock.nowMs());
  }

  /** Of how it sends; false without one. */
  get hasWarnings(): boolean {
    return this.local?.hasWarnings ?? false;
  }

  /** 0 before the first publisher. */
  get startedUnixMs(): number {
    return this.numbering.startedUnixMs;
  }

  /** Sequence of the next frame; -1 before the first publisher. */
  get nextSequence(): number {
    return this.ingest.nextSequence;
  }

  /** Sequence of the frame at which a viewer would start now. */
  get newestStart(): number | undefined {
    return this.store.main.starts.newest()?.sequence;
  }

  /** See Relievable. */
  get keptMs(): number {
    return this.store.keptMs;
  }

  keepAtMost(keptMs: number): void {
    this.store.keepAtMost(keptMs);
    this.hls.onChange();
  }

  /** Closes those who are attached; HLS players have nothing to be closed. */
  closeViewers(reason: ViewerCloseReason): void {
    this.viewerSet.closeAll(reason);
  }

  /** Where the frames come from now. */
  get sourceKind(): 'publisher' | 'relay' | 'none' {
    if (this.local !== undefined) return 'publisher';
    return this.upstream === undefined ? 'none' : 'relay';
  }

  /** Somebody watches, by whatever protocol, or asked for HLS lately. */
  get isRead(): boolean {
    return this.viewerSet.size > 0 || this.hls.isUsed;
  }

  /** Attaches a publisher. Throws STREAM_BUSY while another source is live,
   * STREAM_NOT_FOUND once the stream has ended: open it anew. */
  publish(continuation?: Continuation): PublishSource {
    this.assertOpen();
    if (this.local !== undefined || (this.upstream !== undefined && this.state === 'live')) {
      throw new WorkerError('STREAM_BUSY', this.name.key);
    }
    this.detachUpstream();
    const isContinued = this.numbering.start(this.clock.unixMs(), continuation);
    const source = this.createSource(isContinued);
    this.local = source;
    this.setState('live');
    return source;
  }

  /** Follows another worker; takes over from a relay that is attached. */
  follow(): RelaySource {
    this.assertOpen();
    if (this.local !== undefined) throw new WorkerError('STREAM_BUSY', this.name.key);
    this.detachUpstream();
    this.upstream = new FollowSource(this.ingest, this.trackHistory, this.followTarget);
    return this.upstream;
  }

  /** What the next ingest worker needs to go on with this stream. */
  continuation(): Continuation {
    return this.numbering.continuation();
  }

  /** Attaches a viewer and starts it at once when there is something to start
   * with, else as soon as there is. */
  attach(request: AttachRequest): Viewer {
    const viewer = this.viewerSet.attach(request);
    if (this.state === 'ended') viewer.close('ended');
    return viewer;
  }

  /** Called when the stream is over. Returns how to stop listening. */
  onEnded(callback: () => void): () => void {
    return this.ended.add(callback);
  }

  /** Called when a source (re)appears. */
  onLive(callback: () => void): () => void {
    return this.live.add(callback);
  }

  /** Called when nobody has read the stream for some seconds. */
  onUnread(callback: () => void): () => void {
    return this.unread.add(callback);
  }

  /** Ends the stream now, without grace. */
  end(): void {
    if (this.currentState === 'ended') return;
    this.local = undefined;
    this.detachUpstream();
    this.store.end(this.ingest.lastDtsMs);
    this.setState('ended');
    this.hls.onEnd();
    this.viewerSet.end();
    this.ended.call();
  }

  /** Closes every viewer and frees everything. The registry calls it last. */
  dispose(reason: ViewerCloseReason): void {
    this.viewerSet.closeAll(reason);
    this.hls.close(reason);
    this.end();
    this.store.close();
  }

  /** Deadlines and housekeeping; the registry calls it a few times a second. */
  tick(nowMs: number): void {
    this.local?.tick(nowMs);
    this.hls.tick(nowMs);
    this.closeStalled(nowMs);
    if (this.viewerSet.hasPending) this.viewerSet.startPending();
    this.store.closeIdle(nowMs, this.isUsedBesides);
    this.heartbeat(nowMs);
    this.checkUnread(nowMs);
    const graceMs = this.config().publisherGraceSeconds * 1000;
    const isAlone = this.local === undefined && this.upstream === undefined;
    if (this.state === 'waiting' && isAlone && nowMs - this.stateSinceMs >= graceMs) this.end();
  }

  /** Nothing more will come of this object. */
  isDisposable(nowMs: number): boolean {
    if (this.isReleased) return true;
    const sinceMs = nowMs - this.stateSinceMs;
    if (this.state === 'ended') return sinceMs >= ENDED_LINGER_MS;
    const isAlone = this.sourceKind === 'none' && !this.isRead;
    return this.state === 'idle' && isAlone && nowMs - this.lastReadMs >= IDLE_MS;
  }

  /** HLS players read the TS log without a cursor. */
  private readonly isUsedBesides = (kind: LogKind): boolean => kind === 'ts' && this.hls.isUsed;

  private get isCaughtUp(): boolean {
    return this.upstream === undefined || this.upstream.isCaughtUp;
  }

  private assertOpen(): void {
    if (this.state === 'ended') throw new WorkerError('STREAM_NOT_FOUND', this.name.key);
  }

  private createSource(isContinued: boolean): LocalSource {
    const { numbering, clock, ingest } = this;
    const segmenter = new Segmenter({
      tracks: this.trackHistory,
      segmentSeconds: () => this.config().hls.segmentSeconds,
      nextMarkSequence: numbering.nextMarkSequence,
      discontinuitySequence: numbering.discontinuitySequence,
      targetDurationSeconds: numbering.targetDurationSeconds,
      isContinued,
    });
    const source: LocalSource = new LocalSource({
      ingest,
      segmenter,
      clock,
      totals: this.publishers,
      onCondition: (condition) => this.onCondition(condition),
      onClose: (reason) => {
        this.logger.info({ stream: this.name.key, reason }, 'publisher left');
        if (this.local !== source) return;
        this.local = undefined;
        this.setState('waiting');
      },
    });
    return source;
  }

  private onCondition({ type, holds, reason, message }: PublisherCondition): void {
    if (!holds) this.publishers.warned(type);
    const said = holds ? 'publisher sends well again' : 'publisher sends badly';
    this.logger.info({ stream: this.name.key, condition: type, reason, message }, said);
  }

  private makeFollowTarget(): FollowTarget {
    return {
      adopt: (hello) => this.adopt(hello),
      isLost: (from, to) => this.numbering.isLost(from, to),
      onHello: () => this.onHello(),
      onUpstreamState: (state) => this.onUpstreamState(state),
      onCaughtUp: () => this.onCaughtUp(),
      onSourceClosed: (source, reason) => this.onUpstreamClosed(source, reason),
    };
  }

  private adopt(hello: RelayHello): HelloKind {
    if (hello.stream !== this.name.key) return 'other-run';
    const { epoch, numbering } = this;
    const branch = numbering.newestBranch;
    const kind = numbering.adopt(hello, epoch);
    this.currentEpoch = Math.max(epoch, hello.epoch);
    this.hasNews = this.epoch > epoch || numbering.newestBranch !== branch;
    return kind;
  }

  private onHello(): void {
    if (this.hasNews) this.greetFollowers();
  }

  /** Whoever follows from here is told as we were. */
  private greetFollowers(): void {
    const relay = this.store.peek('relay');
    if (relay === undefined || this.numbering.incarnation === '') return;
    relay.appendRecord(relayGreeting(this.relayOptions(), this.ingest.nextSequence));
  }

  private onUpstreamState(state: RelayState | 'idle'): void {
    if (state === 'ended') this.end();
    else if (state !== 'idle') this.setState(state);
  }

  private onCaughtUp(): void {
    this.hls.onChange();
    this.viewerSet.startPending();
  }

  private onUpstreamClosed(source: FollowSource, reason: RelayCloseReason): void {
    if (this.upstream !== source) return;
    this.upstream = undefined;
    if (reason === 'ended' || reason === 'unread') {
      this.isReleased = reason === 'unread';
      this.end();
    } else {
      this.setState('waiting');
    }
  }

  private detachUpstream(): void {
    this.upstream?.detach();
    this.upstream = undefined;
  }

  private setState(state: StreamState): void {
    if (this.currentState === state) return;
    this.currentState = state;
    this.stateSinceMs = this.clock.nowMs();
    this.logger.info({ stream: this.name.key, state }, 'stream state');
    if (state !== 'idle') this.store.peek('relay')?.appendRecord(relayStateRecord(state));
    if (state === 'live') {
      this.viewerSet.startPending();
      this.live.call();
    }
  }

  private onFrame(isStart: boolean): void {
    if (this.viewerSet.hasPending) this.viewerSet.startPending();
    if (isStart) this.viewerSet.moveLate();
  }

  private heartbeat(nowMs: number): void {
    const relay = this.store.peek('relay');
    const quietSinceMs = Math.max(this.ingest.lastFrameAtMs, this.lastRelayRecordMs);
    if (relay === undefined || nowMs - quietSinceMs < HEARTBEAT_MS) return;
    this.lastRelayRecordMs = nowMs;
    relay.appendRecord(relayHeartbeatRecord());
  }

  private closeStalled(nowMs: number): void {
    if (nowMs - this.stallsCheckedMs < STALL_CHECK_MS) return;
    this.stallsCheckedMs = nowMs;
    this.viewerSet.closeStalled(this.config().maxLagSeconds * 1000);
  }

  private checkUnread(nowMs: number): void {
    if (this.isRead) {
      this.lastReadMs = nowMs;
      this.wasToldUnread = false;
      return;
    }
    if (this.wasToldUnread || nowMs - this.lastReadMs < UNREAD_MS) return;
    this.wasToldUnread = true;
    this.unread.call();
  }

  /** Undefined until the stream knows which run of itself it is. */
  private relayStart(fromSequence: number | undefined): RelayStart | undefined {
    if (this.numbering.incarnation === '') return undefined;
    const log = this.store.open('relay', this.clock.nowMs());
    return relayStart(log, this.relayOptions(), fromSequence);
  }

  private relayOptions(): RelayStartOptions {
    const { store, ingest, numbering } = this;
    const upstreamHead = this.upstream?.headSequence ?? -1;
    return {
      store,
      tracks: this.trackHistory,
      nextSequence: ingest.nextSequence,
      lastDtsMs: ingest.lastDtsMs,
      segments: this.config().hls.segments,
      base: {
        stream: this.name.key,
        epoch: this.epoch,
        incarnation: numbering.incarnation,
        startedUnixMs: numbering.startedUnixMs,
        branches: numbering.allBranches,
        state: this.state,
        headSequence: Math.max(
          ingest.nextSequence - 1,
          Number.isFinite(upstreamHead) ? upstreamHead : -1,
        ),
      },
    };
  }
}
