import { Amf0Marker, type Amf0Object, type Amf0Value } from './value.ts';

export interface Amf0Limits {
  /** How deep objects and arrays may nest. */
  readonly maxDepth: number;
  /** How many values and keys one message may hold, at all depths. */
  readonly maxValues: number;
}

const DEFAULT_LIMITS: Amf0Limits = { maxDepth: 16, maxValues: 4096 };
/** Section 2.5: an empty key and this marker end an object. */
const OBJECT_END_BYTES = 3;

/**
 * Reads all values of buf[start, end). Undefined when they are cut, malformed,
 * beyond the limits, or of a kind that no RTMP client sends (references, AMF3).
 */
export function readAmf0(
  buf: Buffer,
  start: number,
  end: number,
  limits: Amf0Limits = DEFAULT_LIMITS,
): Amf0Value[] | undefined {
  const reader = new Amf0Reader(buf, start, end, limits);
  const values: Amf0Value[] = [];
  while (reader.hasMore) values.push(reader.value());
  return reader.failed ? undefined : values;
}

/** Reads value by value. Once it failed it returns undefined for ever. */
class Amf0Reader {
  failed = false;
  /** Where the next value starts. */
  position: number;
  private readonly buf: Buffer;
  private readonly end: number;
  private readonly maxDepth: number;
  private valuesLeft: number;

  constructor(buf: Buffer, start: number, end: number, limits: Amf0Limits = DEFAULT_LIMITS) {
    this.buf = buf;
    this.position = start;
    this.end = end;
    this.maxDepth = limits.maxDepth;
    this.valuesLeft = limits.maxValues;
  }

  get hasMore(): boolean {
    return !this.failed && this.position < this.end;
  }

  value(): Amf0Value {
    return this.read(0);
  }

  private read(depth: number): Amf0Value {
    this.valuesLeft--;
    if (depth > this.maxDepth || this.valuesLeft < 0) return this.fail();
    const marker = this.take(1) ? this.buf.readUInt8(this.position - 1) : -1;
    switch (marker) {
      case Amf0Marker.object:
        return this.properties(depth);
      case Amf0Marker.typedObject:
        // The class name means nothing to us.
        this.text(2);
        return this.properties(depth);
      case Amf0Marker.ecmaArray:
        // The announced count is a hint only, section 2.10.
        this.take(4);
        return this.properties(depth);
      case Amf0Marker.strictArray:
        return this.array(depth);
      default:
        return this.scalar(marker);
    }
  }

  private scalar(marker: number): Amf0Value {
    switch (marker) {
      case Amf0Marker.number:
        return this.double();
      case Amf0Marker.boolean:
        return this.boolean();
      case Amf0Marker.string:
        return this.text(2);
      case Amf0Marker.longString:
      case Amf0Marker.xmlDocument:
        return this.text(4);
      case Amf0Marker.date:
        return this.date();
      case Amf0Marker.null:
        return null;
      default:
        return marker === Amf0Marker.undefined || marker === Amf0Marker.unsupported
          ? undefined
          : this.fail();
    }
  }

  private properties(depth: number): Amf0Object | undefined {
    const out = Object.create(null) as Amf0Object;
    while (!this.failed && !this.atObjectEnd()) {
      const key = this.text(2);
      out[key] = this.read(depth + 1);
    }
    return this.failed ? undefined : out;
  }

  private atObjectEnd(): boolean {
    const { buf, position } = this;
    if (position + OBJECT_END_BYTES > this.end) {
      this.fail();
      return false;
    }
    if (buf.readUInt16BE(position) !== 0) return false;
    if (buf[position + 2] !== Amf0Marker.objectEnd) return false;
    this.position += OBJECT_END_BYTES;
    return true;
  }

  private array(depth: number): Amf0Value[] | undefined {
    const count = this.take(4) ? this.buf.readUInt32BE(this.position - 4) : 0;
    const out: Amf0Value[] = [];
    for (let i = 0; i < count && !this.failed; i++) out.push(this.read(depth + 1));
    return this.failed ? undefined : out;
  }

  private boolean(): boolean {
    return this.take(1) && this.buf[this.position - 1] !== 0;
  }

  private double(): number {
    return this.take(8) ? this.buf.readDoubleBE(this.position - 8) : 0;
  }

  /** The time zone that follows is reserved and ignored, section 2.13. */
  private date(): Date {
    const ms = this.double();
    this.take(2);
    return new Date(ms);
  }

  private text(lengthBytes: 2 | 4): string {
    if (!this.take(lengthBytes)) return '';
    const length = this.buf.readUIntBE(this.position - lengthBytes, lengthBytes);
    return this.take(length)
      ? this.buf.toString('utf8', this.position - length, this.position)
      : '';
  }

  private take(bytes: number): boolean {
    if (this.failed || this.position + bytes > this.end) {
      this.fail();
      return false;
    }
    this.position += bytes;
    return true;
  }

  private fail(): Amf0Value {
    this.failed = true;
    return undefined;
  }
}
