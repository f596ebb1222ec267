import {
  RTMP_LOG_CHUNK_BYTES,
  RTMP_LOG_STREAM_ID,
  rtmpLogCsid,
  RtmpMessageType,
  rtmpMessageSize,
  writeAmf0,
  writeRtmpMessage,
  type Engine,
  type EngineLog,
} from '@streamcluster/worker';
import { FLV_TAG_OVERHEAD_BYTES, type Clip, type ClipTag } from './clip.ts';

const STEP_MS = 5;
const LAG_KEY_FRAMES = 5;

/**
 * Plays a clip in real time, again and again, into one log of RTMP messages.
 * Hundreds of publishers follow it with a cursor each, which costs the
 * generator one copy of the clip and one sendfile a publisher and tick.
 */
export class Feed {
  readonly log: EngineLog;
  readonly clip: Clip;
  messages = 0;
  /** As a viewer over FLV gets them. */
  flvBytes = 0;
  private readonly keyPositions: number[] = [];
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private next = 0;
  private round = 0;

  constructor(engine: Engine, clip: Clip) {
    this.clip = clip;
    this.log = engine.createLog('rtmp', { chunkBytes: RTMP_LOG_CHUNK_BYTES });
    this.advance();
    this.timer = setInterval(() => this.advance(), STEP_MS);
  }

  /** Where a publisher starts: the newest key frame. */
  get startPosition(): number {
    return this.keyPositions.at(-1) ?? this.log.head;
  }

  /** The clip's configurations as messages for write(). */
  headMessages(): Buffer {
    return Buffer.concat(this.clip.head.map((tag) => message(asPublished(tag), 0)));
  }

  stop(): void {
    clearInterval(this.timer);
    this.log.close();
  }

  private advance(): void {
    const nowMs = performance.now() - this.startedMs;
    for (;;) {
      const tag = this.clip.tags[this.next];
      if (tag === undefined) {
        this.next = 0;
        this.round++;
        continue;
      }
      const timestampMs = this.round * this.clip.durationMs + tag.timestampMs;
      if (timestampMs > nowMs) return;
      this.append(tag, timestampMs);
      this.next++;
    }
  }

  private append(tag: ClipTag, timestampMs: number): void {
    const size = rtmpMessageSize(tag.body.length, timestampMs, RTMP_LOG_CHUNK_BYTES);
    if (!this.log.reserve(size)) throw new Error('the generator has no room for its clip');
    write(this.log.buffer, this.log.offset, tag, timestampMs);
    const position = this.log.commit(size);
    this.messages++;
    this.flvBytes += tag.body.length + FLV_TAG_OVERHEAD_BYTES;
    if (tag.isKey) this.keyFrame(position);
  }

  private keyFrame(position: number): void {
    this.keyPositions.push(position);
    if (this.keyPositions.length <= LAG_KEY_FRAMES) return;
    const oldest = this.keyPositions.shift() ?? position;
    // A server that is so far behind does not keep up: see Publisher.onCursorLate.
    this.log.setLagPosition(oldest);
    this.log.trim(oldest);
  }
}

/** Metadata of a file becomes a publisher's by a word in front. */
function asPublished(tag: ClipTag): ClipTag {
  if (tag.kind !== RtmpMessageType.dataAmf0) return tag;
  return { ...tag, body: Buffer.concat([writeAmf0('@setDataFrame'), tag.body]) };
}

function message(tag: ClipTag, timestampMs: number): Buffer {
  const size = rtmpMessageSize(tag.body.length, timestampMs, RTMP_LOG_CHUNK_BYTES);
  const out = Buffer.alloc(size);
  write(out, 0, tag, timestampMs);
  return out;
}

function write(out: Buffer, at: number, tag: ClipTag, timestampMs: number): void {
  const header = {
    typeId: tag.kind,
    streamId: RTMP_LOG_STREAM_ID,
    csid: rtmpLogCsid(tag.kind),
    timestampMs,
  };
  writeRtmpMessage(out, at, header, tag.body, 0, tag.body.length, RTMP_LOG_CHUNK_BYTES);
}
