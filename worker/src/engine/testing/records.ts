import type { EngineLog, Framing } from '../engine.ts';
import { pattern } from './fixture.ts';

/** Written and read by hand, apart from formats/, so that both can be wrong only once. */
interface ReadRecord {
  readonly timestampMs: number;
  readonly body: Buffer;
  readonly end: number;
}

interface Format {
  build(timestampMs: number, body: Buffer): Buffer;
  /** Throws when the bytes at `at` are no record; undefined when they end early. */
  parse(bytes: Buffer, at: number): ReadRecord | undefined;
}

function flvBuild(timestampMs: number, body: Buffer): Buffer {
  const out = Buffer.alloc(body.length + 15);
  out[0] = 9;
  out.writeUIntBE(body.length, 1, 3);
  out.writeUIntBE(timestampMs & 0xffffff, 4, 3);
  out[7] = timestampMs >>> 24;
  body.copy(out, 11);
  out.writeUInt32BE(body.length + 11, body.length + 11);
  return out;
}

function flvParse(bytes: Buffer, at: number): ReadRecord | undefined {
  if (bytes.length < at + 11) return undefined;
  if (bytes[at] !== 9) throw new Error(`no FLV tag at ${at}`);
  const length = bytes.readUIntBE(at + 1, 3);
  const end = at + 11 + length + 4;
  if (bytes.length < end) return undefined;
  if (bytes.readUInt32BE(end - 4) !== length + 11) throw new Error(`bad tag size at ${end}`);
  const timestampMs = ((bytes[at + 7]! << 24) | bytes.readUIntBE(at + 4, 3)) >>> 0;
  return { timestampMs, body: bytes.subarray(at + 11, end - 4), end };
}

function wsHeader(length: number): Buffer {
  if (length < 126) return Buffer.from([0x82, length]);
  if (length < 65536) return Buffer.from([0x82, 126, length >> 8, length & 255]);
  const out = Buffer.alloc(10);
  out[0] = 0x82;
  out[1] = 127;
  out.writeBigUInt64BE(BigInt(length), 2);
  return out;
}

function wsParse(bytes: Buffer, at: number): ReadRecord | undefined {
  if (bytes.length < at + 10) return undefined;
  if (bytes[at] !== 0x82) throw new Error(`no WebSocket frame at ${at}`);
  const short = bytes[at + 1]!;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  const length =
    header === 2
      ? short
      : header === 4
        ? bytes.readUInt16BE(at + 2)
        : Number(bytes.readBigUInt64BE(at + 2));
  if (bytes.length < at + header + length) return undefined;
  const tag = flvParse(bytes.subarray(0, at + header + length), at + header);
  if (tag?.end !== at + header + length) throw new Error(`frame at ${at} holds no tag`);
  return tag;
}

function rtmpBuild(timestampMs: number, body: Buffer, chunkBytes: number): Buffer {
  const extended = timestampMs >= 0xffffff;
  const head = Buffer.alloc(extended ? 16 : 12);
  head[0] = 6;
  head.writeUIntBE(extended ? 0xffffff : timestampMs, 1, 3);
  head.writeUIntBE(body.length, 4, 3);
  head[7] = 9;
  head.writeUInt32LE(1, 8);
  if (extended) head.writeUInt32BE(timestampMs, 12);
  const parts: Buffer[] = [head];
  for (let i = 0; i < body.length; i += chunkBytes) {
    if (i > 0) parts.push(Buffer.from([0xc6]), extended ? head.subarray(12) : Buffer.alloc(0));
    parts.push(body.subarray(i, i + chunkBytes));
  }
  return Buffer.concat(parts);
}

/** Size of the type-3 header at `at`, which must repeat the extended time. */
function rtmpContinuation(bytes: Buffer, at: number, extendedMs: number | undefined): number {
  if (bytes.length < at + 5) return bytes.length;
  if (bytes[at] !== 0xc6) throw new Error(`no type-3 chunk at ${at}`);
  if (extendedMs === undefined) return 1;
  if (bytes.readUInt32BE(at + 1) !== extendedMs) throw new Error(`time differs at ${at}`);
  return 5;
}

function rtmpParse(bytes: Buffer, at: number, chunkBytes: number): ReadRecord | undefined {
  if (bytes.length < at + 16) return undefined;
  if (bytes[at] !== 6) throw new Error(`no type-0 chunk at ${at}`);
  const short = bytes.readUIntBE(at + 1, 3);
  const length = bytes.readUIntBE(at + 4, 3);
  const extendedMs = short === 0xffffff ? bytes.readUInt32BE(at + 12) : undefined;
  const parts: Buffer[] = [];
  let end = at + (extendedMs === undefined ? 12 : 16);
  for (let left = length; left > 0; left -= chunkBytes) {
    if (left < length) end += rtmpContinuation(bytes, end, extendedMs);
    const take = Math.min(left, chunkBytes);
    if (bytes.length < end + take) return undefined;
    parts.push(bytes.subarray(end, end + take));
    end += take;
  }
  return { timestampMs: extendedMs ?? short, body: Buffer.concat(parts), end };
}

const relay: Format = {
  build(_timestampMs, body) {
    const out = Buffer.alloc(5 + body.length);
    out.writeUInt32BE(1 + body.length, 0);
    out[4] = 2;
    body.copy(out, 5);
    return out;
  },
  parse(bytes, at) {
    if (bytes.length < at + 5) return undefined;
    if (bytes[at + 4] !== 2) throw new Error(`no relay record at ${at}`);
    const end = at + 4 + bytes.readUInt32BE(at);
    if (bytes.length < end) return undefined;
    return { timestampMs: 0, body: bytes.subarray(at + 5, end), end };
  },
};

export function format(framing: Framing, chunkBytes = 128): Format {
  if (framing === 'rtmp') {
    return {
      build: (timestampMs, body) => rtmpBuild(timestampMs, body, chunkBytes),
      parse: (bytes, at) => rtmpParse(bytes, at, chunkBytes),
    };
  }
  if (framing === 'relay') return relay;
  if (framing === 'flv') return { build: flvBuild, parse: flvParse };
  return {
    build: (timestampMs, body) => {
      const tag = flvBuild(timestampMs, body);
      return Buffer.concat([wsHeader(tag.length), tag]);
    },
    parse: wsParse,
  };
}

/** A body that names its sequence number and is checked by it. */
export function numberedBody(sequence: number, length: number): Buffer {
  const body = pattern(Math.max(length, 4), sequence);
  body.writeUInt32BE(sequence, 0);
  return body;
}

export function sequenceOf(body: Buffer): number {
  const sequence = body.readUInt32BE(0);
  if (!numberedBody(sequence, body.length).equals(body)) {
    throw new Error(`body of record ${sequence} is damaged`);
  }
  return sequence;
}

/** Appends bytes as one record; its position. */
export function append(log: EngineLog, bytes: Buffer): number {
  if (!log.reserve(bytes.length)) throw new Error('the arena is full');
  bytes.copy(log.buffer, log.offset);
  return log.commit(bytes.length);
}
