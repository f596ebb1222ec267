const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const PREVIOUS_SIZE_BYTES = 4;
const AUDIO = 8;
const VIDEO = 9;

/** One FLV tag (FLV 10.1 E.4.1) as a viewer got it. */
export interface FlvTag {
  readonly kind: number;
  readonly timestampMs: number;
  readonly receivedAtMs: number;
  readonly isKey: boolean;
  /** A decoder configuration, not a picture or a sound. */
  readonly isConfig: boolean;
  readonly body: Buffer;
}

export const isVideo = (tag: FlvTag): boolean => tag.kind === VIDEO && !tag.isConfig;
export const isAudio = (tag: FlvTag): boolean => tag.kind === AUDIO && !tag.isConfig;

/**
 * Takes FLV apart as it arrives. Independent of the worker's own reader, so that
 * both ends cannot be wrong alike; throws on anything that is not strictly FLV.
 */
export class FlvTags {
  /** FLV header flags: 4 audio, 1 video. */
  flags = -1;
  private pending: Buffer = Buffer.alloc(0);
  private readonly onTag: (tag: FlvTag) => void;

  constructor(onTag: (tag: FlvTag) => void) {
    this.onTag = onTag;
  }

  push(chunk: Buffer): void {
    const bytes = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    let at = this.flags < 0 ? this.readFileHeader(bytes) : 0;
    while (this.flags >= 0) {
      const next = this.readTag(bytes, at);
      if (next === at) break;
      at = next;
    }
    this.pending = bytes.subarray(at);
  }

  private readFileHeader(bytes: Buffer): number {
    if (bytes.length < FILE_HEADER_BYTES) return 0;
    if (bytes.toString('latin1', 0, 3) !== 'FLV') throw new Error('no FLV header');
    this.flags = bytes.readUInt8(4);
    return FILE_HEADER_BYTES;
  }

  /** Returns where the next tag starts; `at` when this one is not whole. */
  private readTag(bytes: Buffer, at: number): number {
    if (at + TAG_HEADER_BYTES > bytes.length) return at;
    const size = bytes.readUIntBE(at + 1, 3);
    const start = at + TAG_HEADER_BYTES;
    const next = start + size + PREVIOUS_SIZE_BYTES;
    if (next > bytes.length) return at;
    const previous = bytes.readUInt32BE(start + size);
    if (previous !== size + TAG_HEADER_BYTES) {
      throw new Error(`tag of ${size} bytes is followed by size ${previous}`);
    }
    this.onTag(tagAt(bytes, at, start, start + size));
    return next;
  }
}

function tagAt(bytes: Buffer, at: number, start: number, end: number): FlvTag {
  const kind = bytes.readUInt8(at);
  const first = end > start ? bytes.readUInt8(start) : 0;
  const second = end > start + 1 ? bytes.readUInt8(start + 1) : 0;
  const isConfig = (kind === VIDEO || (kind === AUDIO && first >> 4 === 10)) && second === 0;
  return {
    kind,
    timestampMs: bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 0x1000000,
    receivedAtMs: performance.now(),
    isKey: kind === VIDEO && first >> 4 === 1 && second === 1,
    isConfig,
    // A copy: what arrives in one chunk would else be held by its smallest tag.
    body: Buffer.from(bytes.subarray(start, end)),
  };
}
