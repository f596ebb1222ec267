import { Amf0EcmaArray, Amf0Marker, type Amf0Object, type Amf0Value } from './value.ts';

const MAX_SHORT_STRING_BYTES = 0xffff;

/** Encodes values one after the other, as the body of a command or data message. */
export function writeAmf0(...values: Amf0Value[]): Buffer {
  const parts: Buffer[] = [];
  for (const value of values) write(value, parts);
  return Buffer.concat(parts);
}

function write(value: Amf0Value, out: Buffer[]): void {
  if (value === undefined) out.push(Buffer.of(Amf0Marker.undefined));
  else if (value === null) out.push(Buffer.of(Amf0Marker.null));
  else if (typeof value === 'number') out.push(number(Amf0Marker.number, value));
  else if (typeof value === 'boolean') out.push(Buffer.of(Amf0Marker.boolean, value ? 1 : 0));
  else if (typeof value === 'string') out.push(string(value));
  else writeComposite(value, out);
}

function writeComposite(
  value: Amf0Object | Amf0EcmaArray | Date | Amf0Value[],
  out: Buffer[],
): void {
  if (value instanceof Date) {
    out.push(number(Amf0Marker.date, value.getTime()), Buffer.alloc(2));
  } else if (Array.isArray(value)) {
    out.push(counted(Amf0Marker.strictArray, value.length));
    for (const item of value) write(item, out);
  } else if (value instanceof Amf0EcmaArray) {
    out.push(counted(Amf0Marker.ecmaArray, Object.keys(value.properties).length));
    writeProperties(value.properties, out);
  } else {
    out.push(Buffer.of(Amf0Marker.object));
    writeProperties(value, out);
  }
}

function writeProperties(properties: Amf0Object, out: Buffer[]): void {
  for (const [key, value] of Object.entries(properties)) {
    const bytes = Buffer.from(key, 'utf8');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    out.push(length, bytes);
    write(value, out);
  }
  out.push(Buffer.of(0, 0, Amf0Marker.objectEnd));
}

function number(marker: number, value: number): Buffer {
  const out = Buffer.alloc(9);
  out[0] = marker;
  out.writeDoubleBE(value, 1);
  return out;
}

function counted(marker: number, count: number): Buffer {
  const out = Buffer.alloc(5);
  out[0] = marker;
  out.writeUInt32BE(count, 1);
  return out;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  const isLong = bytes.length > MAX_SHORT_STRING_BYTES;
  const head = Buffer.alloc(isLong ? 5 : 3);
  head[0] = isLong ? Amf0Marker.longString : Amf0Marker.string;
  head.writeUIntBE(bytes.length, 1, isLong ? 4 : 2);
  return Buffer.concat([head, bytes]);
}
