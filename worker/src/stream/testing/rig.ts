import { pino } from 'pino';
import { FlvReader } from '../../formats/flv/reader.ts';
import { streamName } from '../../media/stream-name.ts';
import { ManualClock } from '../clock.ts';
import { StreamRegistry } from '../registry.ts';
import { DEFAULT_STREAMS_CONFIG, type StreamsConfig } from '../streams-config.ts';
import type { PublishSource } from '../publish-source.ts';
import type { Stream } from '../stream.ts';
import type { Viewer, ViewerCloseReason, ViewerProtocol } from '../viewer.ts';
import { aacConfig, avcConfig, show, type ShowOptions } from './frames.ts';
import { MemoryConnection } from './memory-connection.ts';
import { MemoryEngine } from './memory-engine.ts';

export const NAME = streamName('live', 'news')!;

/** One worker's streams on a clock and an engine that the test holds. */
export class Rig {
  readonly clock: ManualClock;
  readonly engine: MemoryEngine;
  readonly registry: StreamRegistry;
  config: StreamsConfig = DEFAULT_STREAMS_CONFIG;

  constructor(options: { clock?: ManualClock; arenaBytes?: number } = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.engine = new MemoryEngine(options.arenaBytes);
    this.registry = new StreamRegistry({
      engine: this.engine,
      clock: this.clock,
      log: pino({ enabled: false }),
      config: () => this.config,
    });
  }

  /** The stream, also for a while after its end. */
  get stream(): Stream {
    return this.registry.get(NAME) ?? this.registry.open(NAME);
  }

  /** As a publisher or viewer opens it: anew when it has ended. */
  reopen(): Stream {
    return this.registry.open(NAME);
  }

  /** Publishes in step with the clock; the configurations first. */
  play(source: PublishSource, options: ShowOptions & { withConfigs?: boolean }): void {
    const { hasVideo = true, hasAudio = true, withConfigs = true } = options;
    if (withConfigs && hasVideo) source.append(avcConfig());
    if (withConfigs && hasAudio) source.append(aacConfig());
    let atMs = options.fromMs;
    for (const frame of show(options)) {
      if (frame.dtsMs > atMs) {
        this.clock.advance(frame.dtsMs - atMs);
        atMs = frame.dtsMs;
      }
      source.append(frame);
    }
  }

  view(protocol: ViewerProtocol = 'flv', fromSequence?: number): Watch {
    return new Watch(this.stream, protocol, fromSequence);
  }
}

export interface SeenTag {
  readonly kind: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

/** A viewer and all that it was told. */
export class Watch {
  readonly connection = new MemoryConnection();
  readonly viewer: Viewer;
  readonly closed: ViewerCloseReason[] = [];
  start: Buffer | undefined = undefined;

  constructor(stream: Stream, protocol: ViewerProtocol, fromSequence?: number) {
    this.viewer = stream.attach({
      connection: this.connection,
      protocol,
      ...(fromSequence === undefined ? {} : { fromSequence }),
      onStart: (bytes) => (this.start = bytes),
      onClosed: (reason) => this.closed.push(reason),
    });
  }

  /** Takes all there is, as FLV; the first call must see the file header. */
  tags(fileHeader = true): SeenTag[] {
    this.connection.pump();
    return tagsOf(this.connection.take(), fileHeader);
  }
}

export function tagsOf(bytes: Buffer, fileHeader: boolean): SeenTag[] {
  const tags: SeenTag[] = [];
  const reader = new FlvReader(
    {
      onTag: (kind, timestampMs, ...[buf, start, end]) =>
        tags.push({ kind, timestampMs, body: Buffer.from(buf.subarray(start, end)) }),
    },
    { fileHeader },
  );
  const error = reader.push(bytes, 0, bytes.length);
  if (error !== undefined) throw new Error(error);
  return tags;
}
