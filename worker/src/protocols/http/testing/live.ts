import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Elsewhere, NewViewer } from '../../../cluster/stream-access.ts';
import type { Engine } from '../../../engine/engine.ts';
import { WorkerError } from '../../../errors.ts';
import { readFrames } from '../../../formats/mpegts/testing/flv-to-ts.ts';
import { emptyFrame, FrameKind } from '../../../media/frame.ts';
import { streamName, type StreamName } from '../../../media/stream-name.ts';
import { ManualClock } from '../../../stream/clock.ts';
import type { PublishSource } from '../../../stream/publish-source.ts';
import { StreamRegistry } from '../../../stream/registry.ts';
import type { SegmentKey } from '../../../stream/segment-key.ts';
import type { Stream } from '../../../stream/stream.ts';
import type { ViewAccess } from '../viewing.ts';
import { quietLog } from './fixture.ts';

const FILE = readFileSync(new URL('../../../formats/flv/testdata/h264-aac.flv', import.meta.url));
/** The file repeats after this time; it has 30 pictures at 25 a second. */
const LOOP_MS = 1280;
const GRACE_SECONDS = 15;

/** One worker's streams on a real engine, fed from a file of ffmpeg. */
export class Live implements ViewAccess<Stream> {
  readonly clock = new ManualClock();
  readonly registry: StreamRegistry;
  readonly name = streamName('live', 'news') as StreamName;
  /** Bodies of all video pictures published so far. */
  readonly pictures: Buffer[] = [];
  /** Nobody new is taken. */
  isFull = false;
  /** Where viewers are sent, and what was asked of each. */
  other: Elsewhere | undefined = undefined;
  readonly asked: NewViewer[] = [];
  private source: PublishSource | undefined = undefined;
  private loops = 0;

  constructor(engine: Engine, segmentKey?: SegmentKey) {
    this.registry = new StreamRegistry({
      engine,
      ...(segmentKey !== undefined && { segmentKey }),
      clock: this.clock,
      log: quietLog,
      config: () => ({
        publisherGraceSeconds: GRACE_SECONDS,
        maxLagSeconds: 5,
        waitForPublisherSeconds: 0,
        hls: { segmentSeconds: 1, segments: 3 },
      }),
    });
    onTestFinished(() => this.registry.close());
  }

  present(name: StreamName): Stream | undefined {
    return this.registry.get(name);
  }

  viewSync(name: StreamName): Stream | undefined {
    return this.isFull ? undefined : this.present(name);
  }

  elsewhere(_name: StreamName, viewer: NewViewer): Elsewhere | undefined {
    this.asked.push(viewer);
    return this.other;
  }

  view(name: StreamName): Promise<Stream> {
    if (this.isFull) return Promise.reject(new WorkerError('WORKER_OVERLOADED'));
    const stream = this.registry.get(name);
    if (stream !== undefined) return Promise.resolve(stream);
    return Promise.reject(new WorkerError('STREAM_NOT_FOUND', name.key));
  }

  get stream(): Stream {
    return this.registry.open(this.name);
  }

  publish(): void {
    this.source = this.stream.publish();
  }

  /** Publishes the whole file once more. */
  play(): void {
    const offsetMs = this.loops * LOOP_MS;
    this.loops += 1;
    readFrames(FILE, (frame, timestampMs) => {
      frame.dtsMs = offsetMs + timestampMs;
      this.source?.append(frame);
      if (frame.kind === FrameKind.video && !frame.isConfig && !frame.isEnd) {
        this.pictures.push(Buffer.from(frame.body.subarray(frame.bodyStart, frame.bodyEnd)));
      }
    });
    this.clock.advance(LOOP_MS);
  }

  /** A configuration that MPEG-TS cannot carry. */
  playOpus(): void {
    const frame = emptyFrame();
    frame.kind = FrameKind.audio;
    frame.codec = 'opus';
    frame.isConfig = true;
    frame.body = Buffer.from('904f7075734f707573486561640102380180bb0000000000', 'hex');
    frame.dataStart = 5;
    frame.bodyEnd = frame.body.length;
    this.source?.append(frame);
  }

  /** The publisher leaves and the grace runs out. */
  end(): void {
    this.source?.close('unpublished');
    this.clock.advance((GRACE_SECONDS + 1) * 1000);
  }
}
