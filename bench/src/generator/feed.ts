import { RTMP_LOG_CHUNK_BYTES, type Engine, type EngineLog } from '@streamcluster/worker';
import { FLV_TAG_OVERHEAD_BYTES, GOP_SECONDS, type Clip, type ClipTag } from './clip.ts';
import { ClipClock } from './clip-clock.ts';
import { sleep } from './wait.ts';
import { headMessages, tagMessageSize, writeTagMessage } from './messages.ts';

const STEP_MS = 5;
const LAG_KEY_FRAMES = 5;

/**
 * Plays a clip in real time, again and again, into one log of RTMP messages.
 * Hundreds of publishers follow it with a cursor each, which costs the
 * generator one copy of the clip and one send a publisher and tick.
 */
export class Feed {
  readonly log: EngineLog;
  readonly clip: Clip;
  messages = 0;
  /** As a publisher sends them. */
  rtmpBytes = 0;
  /** As a viewer over FLV gets them. */
  flvBytes = 0;
  private readonly clock: ClipClock;
  private readonly keyPositions: number[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(engine: Engine, clip: Clip) {
    this.clip = clip;
    this.clock = new ClipClock(clip);
    this.log = engine.createLog('rtmp', { chunkBytes: RTMP_LOG_CHUNK_BYTES });
    const append = (tag: ClipTag, timestampMs: number): void => this.append(tag, timestampMs);
    this.clock.advance(append);
    this.timer = setInterval(() => this.clock.advance(append), STEP_MS);
  }

  /** Where a publisher starts: the newest key frame. */
  get startPosition(): number {
    return this.keyPositions.at(-1) ?? this.log.head;
  }

  /** The clip's configurations as messages for write(). */
  headMessages(): Buffer {
    return headMessages(this.clip);
  }

  /**
   * Resolves in the middle of a group of pictures. What is counted from there over
   * whole groups does not depend on whether a key frame, which is large, is just on
   * its way.
   */
  async untilMidGop(): Promise<void> {
    const gopMs = GOP_SECONDS * 1000;
    const position = this.clock.elapsedMs % gopMs;
    await sleep((gopMs * 1.5 - position) % gopMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.log.close();
  }

  private append(tag: ClipTag, timestampMs: number): void {
    const size = tagMessageSize(tag, timestampMs);
    if (!this.log.reserve(size)) throw new Error('the generator has no room for its clip');
    writeTagMessage(this.log.buffer, this.log.offset, tag, timestampMs);
    const position = this.log.commit(size);
    this.messages++;
    this.rtmpBytes += size;
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
