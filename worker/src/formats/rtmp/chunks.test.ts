import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAggregate } from './aggregate.ts';
import { RtmpChunkReader, type RtmpChunkReaderOptions } from './chunk-reader.ts';
import { rtmpMessageSize, writeRtmpMessage } from './chunk-writer.ts';

interface Message {
  readonly typeId: number;
  readonly streamId: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

function collector(options?: RtmpChunkReaderOptions) {
  const messages: Message[] = [];
  const sink = {
    onMessage(
      typeId: number,
      streamId: number,
      timestampMs: number,
      buf: Buffer,
      start: number,
      end: number,
    ) {
      messages.push({ typeId, streamId, timestampMs, body: Buffer.from(buf.subarray(start, end)) });
    },
  };
  return { messages, sink, reader: new RtmpChunkReader(sink, options) };
}

function readAll(bytes: Buffer): Message[] {
  const { messages, reader } = collector();
  expect(reader.push(bytes, 0, bytes.length)).toBeUndefined();
  return messages;
}

function write(message: Message, csid: number, chunkBytes: number): Buffer {
  const { body, timestampMs } = message;
  const out = Buffer.alloc(rtmpMessageSize(body.length, timestampMs, chunkBytes));
  const header = { ...message, csid };
  expect(writeRtmpMessage(out, 0, header, body, 0, body.length, chunkBytes)).toBe(out.length);
  return out;
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function setChunkSize(bytes: number): Buffer {
  return hex(`02 000000 000004 01 00000000 ${bytes.toString(16).padStart(8, '0')}`);
}

const anyMessage = fc.record({
  typeId: fc.constantFrom(8, 9, 18, 20),
  streamId: fc.constantFrom(0, 1),
  timestampMs: fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(0xfffffe, 0xffffff, 0x1000000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  ),
  body: fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
});

describe('chunks written and read', () => {
  it('give the same messages, however they are split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyMessage, fc.integer({ min: 3, max: 63 })), { maxLength: 8 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        (rows, chunkBytes, pieces) => {
          const bytes = Buffer.concat([
            setChunkSize(chunkBytes),
            ...rows.map(([message, csid]) => write(message, csid, chunkBytes)),
          ]);
          const { messages, reader } = collector();
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const next = Math.min(bytes.length, at + (pieces[i % pieces.length] ?? 1));
            const slab = Buffer.concat([Buffer.alloc(5, 0xee), bytes.subarray(at, next)]);
            expect(reader.push(slab, 5, slab.length)).toBeUndefined();
            at = next;
          }
          expect(messages).toEqual(rows.map(([message]) => message));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('give the same messages byte by byte', () => {
    const message = { typeId: 9, streamId: 1, timestampMs: 0x2000000, body: Buffer.alloc(1000, 7) };
    const bytes = Buffer.concat([write(message, 6, 128), write(message, 6, 128)]);
    const { messages, reader } = collector();
    for (let i = 0; i < bytes.length; i++) reader.push(bytes, i, i + 1);
    expect(messages).toEqual([message, message]);
  });

  it('hand a message that lies whole in one chunk over in place', () => {
    const message = { typeId: 9, streamId: 1, timestampMs: 5, body: Buffer.alloc(100, 7) };
    const bytes = write(message, 6, 128);
    let seen: Buffer | undefined;
    const reader = new RtmpChunkReader({
      onMessage(_type, _stream, _time, buf) {
        seen = buf;
      },
    });
    reader.push(bytes, 0, bytes.length);
    expect(seen).toBe(bytes);
  });
});

describe('RtmpChunkReader', () => {
  it('adds deltas of types 1, 2 and 3', () => {
    const bytes = hex(
      '04 0003e8 000001 08 01000000 aa' + // type 0 at 1,000
        '44 000017 000002 08 bbbb' + // type 1, 23 later
        '84 000018 cccc' + // type 2, 24 later
        'c4 dddd' + // type 3, again 24
        'c4 eeee',
    );
    expect(readAll(bytes).map((message) => message.timestampMs)).toEqual([
      1000, 1023, 1047, 1071, 1095,
    ]);
  });

  it('wraps time at 2^32', () => {
    const bytes = hex('04 ffffff 000001 08 01000000 fffffff0 aa' + '44 000020 000001 08 bb');
    expect(readAll(bytes).map((message) => message.timestampMs)).toEqual([0xfffffff0, 0x10]);
  });

  it('takes extended deltas', () => {
    const bytes = hex(
      '04 000001 000001 08 01000000 aa' + '44 ffffff 000001 08 01000000 bb' + 'c4 01000000 cc',
    );
    expect(readAll(bytes).map((message) => message.timestampMs)).toEqual([1, 0x1000001, 0x2000001]);
  });

  it('takes encoders that do not repeat the extended timestamp', () => {
    const first = hex('06 ffffff 000100 09 01000000 01000000');
    const bytes = Buffer.concat([first, Buffer.alloc(128, 1), hex('c6'), Buffer.alloc(128, 2)]);
    const [message] = readAll(bytes);
    expect(message?.body).toEqual(Buffer.concat([Buffer.alloc(128, 1), Buffer.alloc(128, 2)]));
  });

  it('reads chunk streams of one, two and three byte headers', () => {
    const tail = '000005 000001 08 01000000 aa';
    const bytes = hex(`3f ${tail} 00 00 ${tail} 00 ff ${tail} 01 ff ff ${tail}`);
    expect(readAll(bytes)).toHaveLength(4);
  });

  it('puts interleaved messages together', () => {
    const a = Buffer.alloc(300, 1);
    const b = Buffer.alloc(200, 2);
    const bytes = Buffer.concat([
      hex('06 000000 00012c 09 01000000'), a.subarray(0, 128),
      hex('04 000000 0000c8 08 01000000'), b.subarray(0, 128),
      hex('c6'), a.subarray(128, 256),
      hex('c4'), b.subarray(128),
      hex('c6'), a.subarray(256),
    ]); // prettier-ignore
    expect(readAll(bytes).map((message) => message.body)).toEqual([b, a]);
  });

  it('drops an aborted message', () => {
    const bytes = Buffer.concat([
      hex('06 000000 00012c 09 01000000'),
      Buffer.alloc(128, 1),
      hex('02 000000 000004 02 00000000 00000006'),
      hex('06 000007 000001 09 01000000 55'),
    ]);
    expect(readAll(bytes)).toEqual([
      { typeId: 9, streamId: 1, timestampMs: 7, body: Buffer.of(0x55) },
    ]);
  });

  it('hands over empty messages', () => {
    expect(readAll(hex('04 000001 000000 08 01000000 c4'))).toHaveLength(2);
  });

  it('stops behind a message when halted, and goes on from there', () => {
    const one = write({ typeId: 20, streamId: 0, timestampMs: 0, body: Buffer.alloc(9) }, 3, 128);
    const bytes = Buffer.concat([one, one, one]);
    let count = 0;
    const reader: RtmpChunkReader = new RtmpChunkReader({
      onMessage() {
        count++;
        reader.halt();
      },
    });
    for (let at = 0; at < bytes.length; at = reader.position) reader.push(bytes, at, bytes.length);
    expect(count).toBe(3);
  });

  it.each([
    ['chunk-size-out-of-bounds', setChunkSize(0)],
    ['chunk-size-out-of-bounds', setChunkSize(1024 * 1024 + 1)],
    ['chunk-size-out-of-bounds', setChunkSize(0x7fffffff)],
    ['message-too-long', hex('04 000000 ffffff 09 01000000')],
    ['chunk-without-header', hex('c4')],
    ['chunk-without-header', hex('84 000000')],
    ['control-message-malformed', hex('02 000000 000002 01 00000000 0000')],
    [
      'chunk-header-inside-message',
      Buffer.concat([
        hex('06 000000 00012c 09 01000000'),
        Buffer.alloc(128),
        hex('06 000000 00012c 09 01000000'),
      ]),
    ],
  ])('says %s and then takes no more', (error, bytes) => {
    const { reader, messages } = collector();
    expect(reader.push(bytes, 0, bytes.length)).toBe(error);
    const good = hex('04 000001 000001 08 01000000 aa');
    expect(reader.push(good, 0, good.length)).toBe(error);
    expect(messages).toEqual([]);
  });

  it('bounds the number of chunk streams', () => {
    const { reader } = collector();
    const open = (index: number) => {
      const bytes = Buffer.concat([Buffer.of(0, index), hex('000000 000000 08 01000000')]);
      return reader.push(bytes, 0, bytes.length);
    };
    for (let i = 0; i < 64; i++) expect(open(i)).toBeUndefined();
    expect(open(0)).toBeUndefined();
    expect(open(64)).toBe('too-many-chunk-streams');
  });

  it('bounds what partial messages keep in all', () => {
    const { reader } = collector({ maxMessageBytes: 10_000 });
    let error: string | undefined;
    let sent = 0;
    const size = setChunkSize(8000);
    reader.push(size, 0, size.length);
    for (let csid = 3; csid < 60 && error === undefined; csid++) {
      const bytes = Buffer.concat([
        Buffer.of(csid),
        hex('000000 002000 09 01000000'),
        Buffer.alloc(8000),
      ]);
      error = reader.push(bytes, 0, bytes.length);
      sent += 8000;
    }
    expect(error).toBe('too-many-partial-messages');
    expect(sent).toBeLessThanOrEqual(24_000);
  });

  it('keeps no more memory than really came', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 200 }, () => {
      const { reader } = collector();
      const bytes = Buffer.concat([
        setChunkSize(1024 * 1024),
        hex('06 000000 7fffff 09 01000000 00'),
      ]);
      reader.push(bytes, 0, bytes.length);
      return reader;
    });
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(readers).toHaveLength(200);
    expect(grown).toBeLessThan(200 * 64 * 1024);
  });
});

describe('aggregate messages', () => {
  function tag(kind: number, timestampMs: number, body: string): Buffer {
    const bytes = hex(body);
    const head = Buffer.alloc(11);
    head[0] = kind;
    head.writeUIntBE(bytes.length, 1, 3);
    head.writeUIntBE(timestampMs, 4, 3);
    return Buffer.concat([head, bytes, Buffer.alloc(4)]);
  }

  it('are split, with times that count from the message', () => {
    const { sink, messages } = collector();
    const body = Buffer.concat([tag(9, 500, '1701'), tag(8, 523, 'af01')]);
    expect(splitAggregate(sink, 1, 10_000, body, 0, body.length)).toBe(true);
    expect(messages.map(({ typeId, timestampMs }) => [typeId, timestampMs])).toEqual([
      [9, 10_000],
      [8, 10_023],
    ]);
  });

  it('are refused where they are cut or hold something else', () => {
    const { sink, messages } = collector();
    const body = Buffer.concat([tag(9, 500, '1701'), tag(20, 523, 'af01')]);
    expect(splitAggregate(sink, 1, 0, body, 0, body.length)).toBe(false);
    expect(splitAggregate(sink, 1, 0, body, 0, 10)).toBe(false);
    expect(messages).toHaveLength(1);
  });
});
