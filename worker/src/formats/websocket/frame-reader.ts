import { GrowingBuffer } from '../growing-buffer.ts';
import { MAX_CONTROL_BYTES, Opcode } from './opcode.ts';

export interface WsFrameSink {
  /** One whole frame; the payload, unmasked, is valid only during the call. */
  onFrame(opcode: number, isFinal: boolean, payload: Buffer): void;
}

/** Why a reader refuses further bytes. */
export type WsFrameError =
  | 'reserved-bits'
  | 'opcode-unknown'
  | 'masking-wrong'
  | 'control-malformed'
  | 'length-malformed'
  | 'too-large'
  | 'fragment-unexpected';

export interface WsFrameReaderOptions {
  /** True for a server: clients must mask, servers must not (5.1). */
  readonly masked: boolean;
  readonly maxPayloadBytes: number;
}

/** Two bytes, eight of length, four of mask. */
const MAX_HEADER_BYTES = 14;
const MASK_BYTES = 4;

/**
 * Reads WebSocket frames as they arrive, split anywhere (RFC 6455 section 5).
 * Extensions are never negotiated, so reserved bits are errors.
 */
export class WsFrameReader {
  private readonly sink: WsFrameSink;
  private readonly options: WsFrameReaderOptions;
  private readonly header = Buffer.alloc(MAX_HEADER_BYTES);
  private headerLength = 0;
  private inPayload = false;
  private payloadBytes = 0;
  private readonly payload = new GrowingBuffer();
  /** A message was begun and not ended. */
  private isFragmented = false;
  private failure: WsFrameError | undefined = undefined;

  constructor(sink: WsFrameSink, options: WsFrameReaderOptions) {
    this.sink = sink;
    this.options = options;
  }

  /** Takes buf[start, end). An error is final: later bytes are ignored. */
  push(buf: Buffer, start: number, end: number): WsFrameError | undefined {
    let at = start;
    while (at < end && this.failure === undefined) {
      if (this.inPayload) at = this.takePayload(buf, at, end);
      else this.takeHeader(buf[at++] ?? 0);
    }
    return this.failure;
  }

  private takeHeader(byte: number): void {
    this.header[this.headerLength++] = byte;
    if (this.headerLength === 2) this.failure = this.startFault();
    if (this.headerLength === this.headerBytes()) this.failure ??= this.readLength();
    else return;
    if (this.failure !== undefined) return;
    if (this.payloadBytes === 0) this.deliver();
    else this.inPayload = true;
  }

  /** Bytes of the header, as far as it is known. */
  private headerBytes(): number {
    if (this.headerLength < 2) return 2;
    const length = this.byteAt(1) & 0x7f;
    const extended = length < 126 ? 0 : length === 126 ? 2 : 8;
    return 2 + extended + (this.options.masked ? MASK_BYTES : 0);
  }

  private startFault(): WsFrameError | undefined {
    const first = this.byteAt(0);
    const second = this.byteAt(1);
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) return 'reserved-bits';
    if (!isKnownOpcode(opcode)) return 'opcode-unknown';
    if (second >> 7 !== (this.options.masked ? 1 : 0)) return 'masking-wrong';
    const isFinal = first >= 0x80;
    if (opcode >= Opcode.close) {
      return isFinal && (second & 0x7f) <= MAX_CONTROL_BYTES ? undefined : 'control-malformed';
    }
    if ((opcode === Opcode.continuation) !== this.isFragmented) return 'fragment-unexpected';
    this.isFragmented = !isFinal;
    return undefined;
  }

  /** The shortest form must be used, 5.2. */
  private readLength(): WsFrameError | undefined {
    const short = this.byteAt(1) & 0x7f;
    let length = short;
    let least = 0;
    if (short === 126) {
      length = this.header.readUInt16BE(2);
      least = 126;
    } else if (short === 127) {
      length = this.header.readUInt32BE(2) * 2 ** 32 + this.header.readUInt32BE(6);
      least = 65_536;
    }
    this.payloadBytes = length;
    if (length < least) return 'length-malformed';
    return length > this.options.maxPayloadBytes ? 'too-large' : undefined;
  }

  private takePayload(buf: Buffer, start: number, end: number): number {
    const take = Math.min(this.payloadBytes - this.payload.length, end - start);
    this.payload.append(buf, start, start + take);
    if (this.payload.length === this.payloadBytes) this.deliver();
    return start + take;
  }

  private deliver(): void {
    const payload = this.payload.bytes.subarray(0, this.payload.length);
    if (this.options.masked) this.unmask(payload);
    const first = this.byteAt(0);
    this.headerLength = 0;
    this.inPayload = false;
    this.sink.onFrame(first & 0x0f, (first & 0x80) !== 0, payload);
    this.payload.clear();
  }

  private unmask(payload: Buffer): void {
    const maskAt = this.headerLength - MASK_BYTES;
    for (let i = 0; i < payload.length; i++) {
      payload[i] = (payload[i] ?? 0) ^ this.byteAt(maskAt + (i & 3));
    }
  }

  private byteAt(index: number): number {
    return this.header[index] ?? 0;
  }
}

function isKnownOpcode(opcode: number): boolean {
  return opcode <= Opcode.binary || (opcode >= Opcode.close && opcode <= Opcode.pong);
}
