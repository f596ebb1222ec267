import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from './clock.ts';
import type { Continuation } from './continuation.ts';
import { Followers } from './followers.ts';
import { FrameStore } from './frame-store.ts';
import type { HealthReport } from './health-conditions.ts';
import { HlsWindow } from './hls-window.ts';
import { Ingest } from './ingest.ts';
import { Lifetime, type StreamState } from './lifetime.ts';
import { newestPicture } from './newest-picture.ts';
import { Numbering } from './numbering.ts';
import type { PublishSource } from './publish-source.ts';
import type { RelaySource } from './relay-source.ts';
import { ringView, type RingView } from './ring-view.ts';
import { Sources } from './sources.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamsConfig } from './streams-config.ts';
import { TrackHistory, type Tracks } from './tracks.ts';
import { ViewerSet } from './viewer-set.ts';
import type { AttachRequest, Viewer, ViewerCloseReason } from './viewer.ts';

/** One live programme on this worker: its frames, its source, its readers. */
export class Stream {
  readonly name: StreamName;
  readonly hls: HlsWindow;
  private readonly clock: Clock;
  private readonly config: () => StreamsConfig;
  private readonly trackHistory = new TrackHistory();
  private readonly store: FrameStore;
  private readonly ingest: Ingest;
  private readonly numbering: Numbering;
  private readonly lifetime: Lifetime;
  private readonly sources: Sources;
  private readonly followers: Followers;
  private readonly viewerSet: ViewerSet;

  constructor(options: StreamOptions) {
    const { name, engine, clock, log, config, slow, packaging, times, segmentKey } = options;
    const tracks = this.trackHistory;
    this.name = name;
    this.clock = clock;
    this.config = config;
    this.lifetime = new Lifetime({ name: name.key, clock, log });
    const store = new FrameStore({ engine, tracks, config });
    this.store = store;
    const isReady = (): boolean => this.sources.isCaughtUp;
    this.hls = new HlsWindow({
      ...{ name, engine, store, tracks, config, clock, isReady, segmentKey },
    });
    this.ingest = new Ingest({
      ...{ store, tracks, clock, slow, packaging },
      onFrame: (isStart) => this.viewerSet.onFrame(isStart),
      onSegment: () => this.hls.onChange(),
    });
    this.numbering = new Numbering(this.ingest, store, tracks);
    this.followers = this.makeFollowers();
    this.sources = this.makeSources(options);
    this.viewerSet = new ViewerSet({
      ...{ store, tracks, clock, slow, times },
      name: name.key,
      lastDtsMs: () => this.ingest.lastDtsMs,
      isReady: () => this.sources.isCaughtUp && this.ingest.isReady(),
      relayStart: (from) => this.followers.start(from),
      relayPrefix: (start) => this.followers.greeting(start.sequence),
    });
  }

  get state(): StreamState {
    return this.lifetime.state;
  }

  /** Of the newest place that what is here is of. */
  get epoch(): number {
    return this.followers.epoch;
  }

  /** Who has a part in it changed, and its publisher is here; elsewhere hellos say
   * so. Whoever follows from here is told. */
  reachEpoch(epoch: number): void {
    this.followers.reachEpoch(epoch);
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
    return this.state === 'live' ? this.ingest.bitrate.bitsPerSecond : 0;
  }

  /** How the publisher that is attached here sends. */
  get health(): HealthReport | undefined {
    return this.sources.health(this.clock.nowMs());
  }

  /** Of how it sends; false without one. */
  get hasWarnings(): boolean {
    return this.sources.hasWarnings;
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
    return this.sources.kind;
  }

  /** Somebody watches, by whatever protocol, or asked for HLS lately. */
  get isRead(): boolean {
    return this.viewerSet.size > 0 || this.hls.isUsed;
  }

  /** Attaches a publisher. Throws STREAM_BUSY while another source is live,
   * STREAM_NOT_FOUND once the stream has ended: open it anew. */
  publish(continuation?: Continuation): PublishSource {
    this.assertOpen();
    return this.sources.publish(continuation);
  }

  /** Follows another worker; takes over from a relay that is attached. */
  follow(): RelaySource {
    this.assertOpen();
    return this.sources.follow();
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
    return this.lifetime.ended.add(callback);
  }

  /** Called when a source (re)appears. */
  onLive(callback: () => void): () => void {
    return this.lifetime.live.add(callback);
  }

  /** Called when nobody has read the stream for some seconds. */
  onUnread(callback: () => void): () => void {
    return this.lifetime.unread.add(callback);
  }

  /** Ends the stream now, without grace. */
  end(): void {
    if (this.state === 'ended') return;
    this.sources.detach();
    this.store.end(this.ingest.lastDtsMs);
    if (this.lifetime.become('ended')) this.followers.tellState('ended');
    this.hls.onEnd();
    this.viewerSet.end();
    this.lifetime.ended.call();
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
    this.sources.tick(nowMs);
    this.hls.tick(nowMs);
    this.viewerSet.tick(nowMs, this.config().maxLagSeconds * 1000);
    // HLS players read it without a cursor.
    this.store.closeIdle(nowMs, (kind) => kind === 'ts' && this.hls.isUsed);
    this.followers.heartbeat(nowMs);
    this.lifetime.noteReading(nowMs, this.isRead);
    const graceMs = this.config().publisherGraceSeconds * 1000;
    if (this.sourceKind === 'none' && this.lifetime.isGraceOver(nowMs, graceMs)) this.end();
  }

  /** Nothing more will come of this object. */
  isDisposable(nowMs: number): boolean {
    return this.lifetime.isOver(nowMs, this.sourceKind === 'none' && !this.isRead);
  }

  private assertOpen(): void {
    if (this.state === 'ended') throw new WorkerError('STREAM_NOT_FOUND', this.name.key);
  }

  private makeSources({ log, publishers }: StreamOptions): Sources {
    const { ingest, numbering, clock, config, followers, lifetime } = this;
    return new Sources({
      ...{ ingest, numbering, clock, config, log, publishers, followers, lifetime },
      name: this.name.key,
      tracks: this.trackHistory,
      become: (state) => this.become(state),
      onCaughtUp: () => this.onCaughtUp(),
    });
  }

  private makeFollowers(): Followers {
    const { store, ingest, numbering, clock, config, lifetime } = this;
    return new Followers({
      ...{ store, ingest, numbering, clock, config, lifetime },
      name: this.name.key,
      tracks: this.trackHistory,
      upstreamHead: () => this.sources.upstreamHead,
    });
  }

  private become(state: Exclude<StreamState, 'idle'>): void {
    if (state === 'ended') {
      this.end();
      return;
    }
    if (!this.lifetime.become(state)) return;
    this.followers.tellState(state);
    if (state !== 'live') return;
    this.viewerSet.startPending();
    this.lifetime.live.call();
  }

  private onCaughtUp(): void {
    this.hls.onChange();
    this.viewerSet.startPending();
  }
}
