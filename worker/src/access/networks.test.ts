import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './address.ts';
import { Networks } from './networks.ts';

describe('Networks', () => {
  const some = Networks.parse(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', 'fd00::1/128'])!;

  it.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['::ffff:10.1.2.3', true],
    ['::ffff:a01:203', true],
    ['::ffff:11.1.2.3', false],
    ['2001:db8:1::1', true],
    ['2001:DB8:1::1', true],
    ['2001:db9::1', false],
    ['fd00::1', true],
    ['fd00::2', false],
    ['', false],
    ['unknown', false],
    ['10.1.2.3:80', false],
  ])('has %s: %s', (address, isIn) => {
    expect(some.has(address)).toBe(isIn);
  });

  it('takes each family for itself', () => {
    expect(Networks.parse(['::/0'])!.has('192.0.2.1')).toBe(false);
    expect(Networks.parse(['0.0.0.0/0'])!.has('2001:db8::1')).toBe(false);
    expect(Networks.parse(['0.0.0.0/0'])!.has('192.0.2.1')).toBe(true);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0/8', 'a/8', '10.0.0.0/8/8', '10.0.0.0/'])(
    'refuses %s',
    (text) => {
      expect(Networks.parse(['192.0.2.0/24', text])).toBeUndefined();
    },
  );

  it('has those whose first bits are the block’s', () => {
    const word = fc.nat(0xffffffff);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 32 }), (block, address, prefix) => {
        const bits = (number: number): string => number.toString(2).padStart(32, '0');
        const isIn = bits(block).slice(0, prefix) === bits(address).slice(0, prefix);
        expect(Networks.parse([`${dotted(block)}/${prefix}`])!.has(dotted(address))).toBe(isIn);
      }),
    );
  });
});

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['192.0.2.256', undefined],
    ['example.com', undefined],
    ['[2001:db8::1]', undefined],
    ['', undefined],
  ])('makes %s %s', (text, address) => {
    expect(canonicalAddress(text)).toBe(address);
  });
});
