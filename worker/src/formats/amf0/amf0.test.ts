import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAmf0 } from './reader.ts';
import { Amf0EcmaArray, asAmf0Object, type Amf0Value } from './value.ts';
import { writeAmf0 } from './writer.ts';

function read(bytes: Buffer): Amf0Value[] | undefined {
  return readAmf0(bytes, 0, bytes.length);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** Values without prototypes compare as plain ones. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('AMF0', () => {
  it.each<[string, Amf0Value]>([
    ['00 3ff0000000000000', 1],
    ['01 01', true],
    ['02 0002 6869', 'hi'],
    ['05', null],
    ['06', undefined],
    ['0c 00000002 6869', 'hi'],
    ['0a 00000002 05 05', [null, null]],
    ['0b 0000000000000000 0000', new Date(0)],
    ['0d', undefined],
    ['0f 00000002 6869', 'hi'],
  ])('reads %s', (bytes, expected) => expect(read(hex(bytes))).toEqual([expected]));

  it.each([
    ['03 0001 61 01 01 0000 09', { a: true }],
    ['08 000000ff 0001 61 05 0000 09', { a: null }],
    ['10 0001 63 0001 61 05 0000 09', { a: null }],
  ])('reads %s as an object', (bytes, expected) =>
    expect(plain(read(hex(bytes))?.[0])).toEqual(expected),
  );

  it.each([
    ['00 3ff0', 'cut number'],
    ['02 00ff 61', 'string longer than the message'],
    ['03 0001 61 05', 'object without an end'],
    ['07 0001', 'reference'],
    ['11 00', 'AMF3'],
    ['0a ffffffff', 'array longer than the message'],
    ['0c ffffffff', 'string of 4 GB'],
    ['ff', 'unknown marker'],
  ])('refuses %s: %s', (bytes) => expect(read(hex(bytes))).toBeUndefined());

  it('refuses nesting bombs', () => {
    const arrays = Buffer.concat(Array<Buffer>(10_000).fill(hex('0a 00000001')));
    const objects = Buffer.concat(Array<Buffer>(10_000).fill(hex('03 0001 61')));
    expect(read(arrays)).toBeUndefined();
    expect(read(objects)).toBeUndefined();
  });

  it('refuses more values than anyone needs', () => {
    expect(read(Buffer.alloc(5000, 5))).toBeUndefined();
    expect(read(Buffer.concat([hex('0a 00001388'), Buffer.alloc(5000, 5)]))).toBeUndefined();
  });

  it('gives keys no meaning', () => {
    const [value] = read(writeAmf0(JSON.parse('{"__proto__": {"app": "x"}}') as Amf0Value)) ?? [];
    expect(asAmf0Object(value)?.['app']).toBeUndefined();
    expect(({} as Record<string, unknown>)['app']).toBeUndefined();
  });

  it('writes what it reads', () => {
    const scalar = fc.oneof(
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.string(),
      fc.constant(null),
      fc.constant(undefined),
    );
    const { value } = fc.letrec<{ value: Amf0Value }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', maxDepth: 4 },
        scalar,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ minLength: 1 }), tie('value'), {
          maxKeys: 4,
          noNullPrototype: false,
        }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        expect(read(writeAmf0(...values))).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it('writes long strings and ECMA arrays', () => {
    const long = 'x'.repeat(70_000);
    expect(read(writeAmf0(long))).toEqual([long]);
    const array = writeAmf0(new Amf0EcmaArray({ width: 2 }));
    expect(array.toString('hex')).toBe('08000000010005776964746800400000000000000000' + '0009');
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const values = read(Buffer.from(bytes));
        expect(values === undefined || values.length <= 300).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
