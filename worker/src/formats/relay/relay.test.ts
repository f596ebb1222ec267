import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameRecord, fuzzTargets, sampleRecords } from './fuzz-target.ts';
import { parseRelayHello } from './hello.ts';
import { RelayReader, type RelayError } from './reader.ts';
import { RELAY_MAX_FRAME_BYTES } from './record.ts';
import { parseSegmentMark } from './segment-mark.ts';

interface Seen {
  readonly events: unknown[];
  error: RelayError | undefined;
}

function read(pieces: readonly Buffer[]): Seen {
  const seen: Seen = { events: [], error: undefined };
  const reader = new RelayReader({
    onHello: (hello) => seen.events.push(['hello', hello]),
    onFrame: (sequence, tag) => {
      const body = tag.body.toString('hex', tag.bodyStart, tag.bodyEnd);
      seen.events.push(['frame', sequence, tag.kind, tag.timestampMs, body]);
    },
    onMark: (mark) => seen.events.push(['mark', mark]),
    onState: (state) => seen.events.push(['state', state]),
    onHeartbeat: () => seen.events.push(['heartbeat']),
  });
  for (const piece of pieces) seen.error = reader.push(piece, 0, piece.length);
  return seen;
}

const WHOLE = Buffer.concat(sampleRecords());

describe('relay records', () => {
  it('say what was written', () => {
    const { events, error } = read([WHOLE]);
    expect(error).toBeUndefined();
    expect(events.map((event) => (event as unknown[])[0])).toEqual([
      'hello',
      'mark',
      'frame',
      'heartbeat',
      'frame',
      'state',
    ]);
    expect(events[2]).toEqual(['frame', 1_800_000_000_500, 9, 10_000, '1701000000']);
    expect(events[4]).toEqual(['frame', 2 ** 48 - 1, 9, 2 ** 32 - 1, 'af'.repeat(300)]);
    expect(events[0]).toMatchObject(['hello', { stream: 'live/news', epoch: 3 }]);
    expect(events[1]).toMatchObject(['mark', { counters: { psi: 1, video: 15, audio: 3 } }]);
  });

  it('may come byte by byte', () => {
    const pieces = [...WHOLE].map((byte) => Buffer.from([byte]));
    expect(read(pieces)).toEqual(read([WHOLE]));
  });

  it('may be cut anywhere', () => {
    const cuts = fc.array(fc.nat(WHOLE.length), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, (at) => {
        const edges = [0, ...at.sort((a, b) => a - b), WHOLE.length];
        const pieces = edges.slice(1).map((end, index) => WHOLE.subarray(edges[index], end));
        expect(read(pieces).events).toEqual(read([WHOLE]).events);
      }),
    );
  });

  it.each<[string, RelayError, Buffer]>([
    ['no hello first', 'hello-missing', frameRecord(1, 1, Buffer.alloc(3))],
    ['no length', 'record-malformed', Buffer.from([0, 0, 0, 0, 1])],
    ['a frame beyond all bounds', 'record-too-long', lengthOnly(RELAY_MAX_FRAME_BYTES + 1, 2)],
    ['a huge hello', 'record-too-long', lengthOnly(2 ** 21, 1)],
    ['a hello that is no JSON', 'record-malformed', record(1, '{')],
    ['a hello without fields', 'record-malformed', record(1, '{}')],
  ])('refuse %s', (_name, error, bytes) => {
    expect(read([bytes]).error).toBe(error);
    expect(read([...bytes].map((byte) => Buffer.from([byte]))).error).toBe(error);
  });

  it.each([
    ['a mark that is none', record(3, '{"sequence":-1}')],
    ['a state that is none', record(4, '{"state":"idle"}')],
    ['a frame cut short', record(2, 'abc')],
    ['a tag with bytes behind it', Buffer.concat([longer(frameRecord(1, 1, Buffer.alloc(3)))])],
  ])('refuse %s behind the hello', (_name, bytes) => {
    expect(read([sampleRecords()[0]!, bytes]).error).toBe('record-malformed');
  });

  it('of kinds not known yet are passed over', () => {
    const { events, error } = read([sampleRecords()[0]!, record(99, 'later'), sampleRecords()[3]!]);
    expect(error).toBeUndefined();
    expect(events.at(-1)).toEqual(['heartbeat']);
  });

  it('survive mutation', () => {
    const [target] = fuzzTargets;
    const edits = fc.array(fc.tuple(fc.nat(WHOLE.length - 1), fc.nat(255)), { maxLength: 20 });
    fc.assert(
      fc.property(edits, fc.nat(WHOLE.length), (all, length) => {
        const bytes = Buffer.from(WHOLE);
        for (const [at, value] of all) bytes[at] = value;
        expect(() => target!.run(bytes.subarray(0, length))).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('JSON of records', () => {
  it('is checked, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseSegmentMark(value)).toBeUndefined();
        expect(parseRelayHello(value)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['psi', 16],
    ['video', -1],
    ['audio', 'x'],
  ])('a mark with counter %s = %s is none', (key, value) => {
    const mark = read([WHOLE]).events[1] as [string, { counters: object }];
    expect(parseSegmentMark(mark[1])).toEqual(mark[1]);
    const counters = { ...mark[1].counters, [key]: value };
    expect(parseSegmentMark({ ...mark[1], counters })).toBeUndefined();
  });
});

function lengthOnly(length: number, kind: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length);
  head[4] = kind;
  return head;
}

function record(kind: number, text: string): Buffer {
  return Buffer.concat([lengthOnly(1 + text.length, kind), Buffer.from(text)]);
}

function longer(bytes: Buffer): Buffer {
  const out = Buffer.concat([bytes, Buffer.alloc(1)]);
  out.writeUInt32BE(out.length - 4);
  return out;
}
