import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.ts';
import type { StreamName } from '../media/stream-name.ts';
import { relieveArena, type ArenaState } from './arena-relief.ts';
import type { Clock, Timer } from './clock.ts';
import { PackageMeter } from './package-meter.ts';
import { PublisherTotals } from './publisher-totals.ts';
import { noSegmentKey, type SegmentKey } from './segment-key.ts';
import { SlowViewers } from './slow-viewers.ts';
import { Stream } from './stream.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { ViewerCloseReason } from './viewer.ts';
import { ViewerTimes } from './viewer-times.ts';

export interface StreamRegistryOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  /** Asked each time: it may change while streams run. */
  readonly config: () => StreamsConfig;
  /** None by default. */
  readonly segmentKey?: SegmentKey;
}

/** Deadlines of all streams are looked at this often. */
const TICK_MS = 250;
const SAY_RELIEF_MS = 10_000;
/** What players of HLS need at least to go on (RFC 8216 section 6.3.3). */
const LEAST_SEGMENTS = 3;
/** The rest is for the streams that are here. */
const NEWCOMERS_SHARE = 0.9;

/** The streams that this worker has, by name. */
export class StreamRegistry {
  readonly slowViewers: SlowViewers;
  readonly packaging = new PackageMeter();
  readonly times = new ViewerTimes();
  readonly publishers = new PublisherTotals();
  private readonly options: StreamRegistryOptions;
  private readonly streams = new Map<string, Stream>();
  private readonly removed = new Set<(stream: Stream) => void>();
  /** How often old GOPs had to go before their time. */
  reliefsTotal = 0;
  private arena: ArenaState = 'roomy';
  private reliefSaidMs = -Infinity;
  private timer: Timer | undefined = undefined;

  constructor(options: StreamRegistryOptions) {
    this.options = options;
    this.slowViewers = new SlowViewers(options.clock, options.log);
  }

  get(name: StreamName): Stream | undefined {
    return this.streams.get(name.key);
  }

  /** The stream of this name, made when it is not there or has ended. */
  open(name: StreamName): Stream {
    const present = this.streams.get(name.key);
    if (present !== undefined && present.state !== 'ended') return present;
    if (present !== undefined) this.remove(present);
    const { engine, clock, log, config, segmentKey = noSegmentKey } = this.options;
    const { slowViewers: slow, packaging, times, publishers } = this;
    const base = { name, engine, clock, log, config };
    const stream = new Stream({ ...base, slow, packaging, times, publishers, segmentKey });
    this.streams.set(name.key, stream);
    this.timer ??= clock.setTimer(TICK_MS, () => this.tick());
    return stream;
  }

  /** False: memory is for the streams that are here. */
  get hasRoom(): boolean {
    const { arenaUsedBytes, arenaCapBytes } = this.options.engine;
    return this.arena !== 'full' && arenaUsedBytes < arenaCapBytes * NEWCOMERS_SHARE;
  }

  list(): Stream[] {
    return [...this.streams.values()];
  }

  /** Called with every stream that is no longer here. */
  onRemoved(callback: (stream: Stream) => void): () => void {
    this.removed.add(callback);
    return () => void this.removed.delete(callback);
  }

  /** Ends a stream now and forgets it; its viewers are closed with the reason. */
  remove(stream: Stream, reason: ViewerCloseReason = 'ended'): void {
    if (this.streams.get(stream.name.key) !== stream) return;
    this.streams.delete(stream.name.key);
    stream.dispose(reason);
    for (const callback of [...this.removed]) callback(stream);
  }

  /** The worker stops. */
  close(reason: ViewerCloseReason = 'draining'): void {
    this.timer?.clear();
    this.timer = undefined;
    for (const stream of this.list()) this.remove(stream, reason);
  }

  private relieve(): void {
    const { engine, log, clock, config } = this.options;
    const leastMs = config().hls.segmentSeconds * 1_000 * LEAST_SEGMENTS;
    const before = this.arena;
    this.arena = relieveArena(engine, this.list(), leastMs, before);
    if (this.arena === 'roomy' || (this.arena === 'full' && before === 'full')) return;
    this.reliefsTotal += 1;
    const nowMs = clock.nowMs();
    if (nowMs - this.reliefSaidMs < SAY_RELIEF_MS) return;
    this.reliefSaidMs = nowMs;
    const fields = {
      state: this.arena,
      usedBytes: engine.arenaUsedBytes,
      capBytes: engine.arenaCapBytes,
    };
    log.warn(fields, 'arena nearly full: oldest GOPs given up');
  }

  private tick(): void {
    const nowMs = this.options.clock.nowMs();
    for (const stream of this.list()) {
      stream.tick(nowMs);
      if (stream.isDisposable(nowMs)) this.remove(stream);
    }
    this.relieve();
    const isNeeded = this.streams.size > 0;
    this.timer = isNeeded ? this.options.clock.setTimer(TICK_MS, () => this.tick()) : undefined;
  }
}
