import { WorkerError } from '../../errors.ts';
import { GrowingBuffer } from '../../formats/growing-buffer.ts';
import { RtmpChunkReader, type RtmpMessageSink } from '../../formats/rtmp/chunk-reader.ts';
import { ServerHandshake, type RandomBytes } from '../../formats/rtmp/handshake.ts';

export interface RtmpInputOwner extends RtmpMessageSink {
  send(message: Buffer): void;
  fail(error: WorkerError): void;
}

/**
 * Bytes of a connection on their way to messages: handshake first, then
 * chunks. While it is held nothing is handed over; what comes is kept, bounded.
 */
export class RtmpInput {
  /** All bytes that came, for acknowledgements. */
  receivedBytes = 0;
  private readonly owner: RtmpInputOwner;
  private readonly maxHeldBytes: number;
  private readonly reader: RtmpChunkReader;
  private handshake: ServerHandshake | undefined;
  private isHeld = false;
  private isStopped = false;
  private readonly held = new GrowingBuffer();

  constructor(owner: RtmpInputOwner, random: RandomBytes, maxHeldBytes: number) {
    this.owner = owner;
    this.maxHeldBytes = maxHeldBytes;
    this.reader = new RtmpChunkReader(owner);
    this.handshake = new ServerHandshake(random);
  }

  get isShaken(): boolean {
    return this.handshake === undefined;
  }

  take(buf: Buffer, start: number, end: number): void {
    this.receivedBytes += end - start;
    if (this.isHeld) this.keep(buf, start, end);
    else this.read(buf, start, end);
  }

  hold(): void {
    this.isHeld = true;
    this.reader.halt();
  }

  /** Hands over what was kept; may be held again by it. */
  letGo(): void {
    this.isHeld = false;
    const kept = Buffer.from(this.held.bytes.subarray(0, this.held.length));
    this.held.clear();
    this.read(kept, 0, kept.length);
  }

  /** For good: later bytes are dropped. */
  stop(): void {
    this.isStopped = true;
    this.reader.halt();
    this.held.clear();
  }

  private read(buf: Buffer, start: number, end: number): void {
    if (this.isStopped) return;
    const at = this.handshake === undefined ? start : this.shake(this.handshake, buf, start, end);
    if (at === end) return;
    const error = this.reader.push(buf, at, end);
    if (error !== undefined) this.owner.fail(new WorkerError('RTMP_CHUNKS_INVALID', error));
    else this.keep(buf, this.reader.position, end);
  }

  /** Returns where the chunks start; the end when there are none yet. */
  private shake(handshake: ServerHandshake, buf: Buffer, start: number, end: number): number {
    let status = handshake.push(buf, start, end);
    if (status === 'reply') {
      this.owner.send(handshake.reply);
      status = handshake.push(buf, handshake.position, end);
    }
    if (status === 'done') {
      this.handshake = undefined;
      return handshake.position;
    }
    if (status === 'not-rtmp') this.owner.fail(new WorkerError('RTMP_HANDSHAKE_INVALID'));
    return end;
  }

  private keep(buf: Buffer, start: number, end: number): void {
    if (this.isStopped) return;
    if (this.held.length + end - start > this.maxHeldBytes) {
      this.owner.fail(new WorkerError('RTMP_CHUNKS_INVALID', 'too much before an answer'));
    } else {
      this.held.append(buf, start, end);
    }
  }
}
