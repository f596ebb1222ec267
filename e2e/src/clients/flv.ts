import net from 'node:net';
import { once } from 'node:events';
import { eventuallyTrue } from '../harness/eventually.ts';

const ANSWER_MS = 15_000;
const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const PREVIOUS_SIZE_BYTES = 4;
const AUDIO = 8;
const VIDEO = 9;

/** One FLV tag as a viewer of our own got it. */
export interface ReceivedTag {
  readonly kind: number;
  readonly timestampMs: number;
  readonly receivedAtMs: number;
  readonly isKey: boolean;
  readonly isConfig: boolean;
  readonly body: Buffer;
}

export interface FlvOptions {
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  readonly onTag?: (tag: ReceivedTag) => void;
}

/**
 * An HTTP-FLV viewer on a bare socket. It is independent of the worker's own
 * readers, so that both ends cannot be wrong alike.
 */
export class FlvViewer {
  readonly tags: ReceivedTag[] = [];
  readonly ended: Promise<void>;
  status = 0;
  headers = '';
  bytes = 0;
  private pending: Buffer = Buffer.alloc(0);
  private at = 0;
  private readonly socket: net.Socket;
  private readonly onTag: (tag: ReceivedTag) => void;

  constructor({ host = '127.0.0.1', port, path, onTag }: FlvOptions) {
    this.onTag = onTag ?? ((tag) => this.tags.push(tag));
    this.socket = net.connect(port, host);
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    this.socket.on('data', (chunk: Buffer) => this.push(chunk));
    this.socket.on('error', () => undefined);
    this.ended = once(this.socket, 'close').then(() => undefined);
  }

  /** Resolves when the answer's head is there. */
  async answered(): Promise<this> {
    await eventuallyTrue('an HTTP answer', ANSWER_MS, () => this.status !== 0 || this.closed);
    if (this.status === 0) throw new Error('closed without an answer');
    return this;
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  /** Stops reading, so that the kernel's buffers fill. */
  pause(on: boolean): void {
    if (on) this.socket.pause();
    else this.socket.resume();
  }

  close(): void {
    this.socket.destroy();
  }

  private push(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.pending =
      this.at >= this.pending.length
        ? chunk
        : Buffer.concat([this.pending.subarray(this.at), chunk]);
    this.at = 0;
    if (this.status === 0 && !this.readHead()) return;
    if (this.status === 200) this.readTags();
  }

  private readHead(): boolean {
    const end = this.pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    this.headers = this.pending.toString('latin1', 0, end);
    const status = Number(this.headers.slice(9, 12));
    if (status === 200 && this.pending.length < end + 4 + FILE_HEADER_BYTES) return false;
    this.status = status;
    this.at = end + 4;
    if (status !== 200) return true;
    if (this.pending.toString('latin1', this.at, this.at + 3) !== 'FLV') throw new Error('no FLV');
    this.at += FILE_HEADER_BYTES;
    return true;
  }

  private readTags(): void {
    const { pending } = this;
    while (this.at + TAG_HEADER_BYTES <= pending.length) {
      const size = pending.readUIntBE(this.at + 1, 3);
      const bodyStart = this.at + TAG_HEADER_BYTES;
      const next = bodyStart + size + PREVIOUS_SIZE_BYTES;
      if (next > pending.length) return;
      const previous = pending.readUInt32BE(next - PREVIOUS_SIZE_BYTES);
      if (previous !== size + TAG_HEADER_BYTES)
        throw new Error(`tag says ${size}, trailer ${previous}`);
      this.onTag(readTag(pending, this.at, bodyStart, bodyStart + size));
      this.at = next;
    }
  }
}

function readTag(bytes: Buffer, at: number, start: number, end: number): ReceivedTag {
  const kind = bytes.readUInt8(at);
  const first = end > start ? bytes.readUInt8(start) : 0;
  const second = end > start + 1 ? bytes.readUInt8(start + 1) : 0;
  const isConfig = (kind === VIDEO || (kind === AUDIO && first >> 4 === 10)) && second === 0;
  return {
    kind,
    timestampMs: bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 0x1000000,
    receivedAtMs: performance.now(),
    isKey: kind === VIDEO && first >> 4 === 1 && !isConfig,
    isConfig,
    body: Buffer.from(bytes.subarray(start, end)),
  };
}

export const isVideo = (tag: ReceivedTag): boolean => tag.kind === VIDEO && !tag.isConfig;
export const isAudio = (tag: ReceivedTag): boolean => tag.kind === AUDIO && !tag.isConfig;
