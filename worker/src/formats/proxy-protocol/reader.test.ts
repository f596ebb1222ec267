import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzTargets } from './fuzz-target.ts';
import { MAX_PROXY_HEADER_BYTES, readProxyHeader, type ProxyRead } from './reader.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

function text(line: string): ProxyRead {
  return readProxyHeader(Buffer.from(line), 0, line.length);
}

function hex(bytes: string): ProxyRead {
  const buf = Buffer.from(bytes, 'hex');
  return readProxyHeader(buf, 0, buf.length);
}

describe('version 1', () => {
  it.each([
    ['PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n', '192.0.2.1', 56_324],
    ['PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n', '2001:db8::1', 1],
    ['PROXY UNKNOWN\r\n', '', 0],
    ['PROXY UNKNOWN ffff::1 ffff::2 3 4\r\n', '', 0],
  ])('reads %j', (line, address, port) => {
    expect(text(`${line}GET / HTTP/1.1\r\n`)).toEqual({ length: line.length, address, port });
  });

  it.each([
    'PROXY TCP4 192.0.2.1\r\n',
    'PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 70000 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n',
    'PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n',
    `PROXY UNKNOWN ${'x'.repeat(93)}\r\n`,
    `PROXY ${'x'.repeat(200)}`,
  ])('refuses %j', (line) => {
    expect(text(line)).toBe('malformed');
  });
});

describe('version 2', () => {
  it.each([
    ['IPv4', `${SIGNATURE}2111000cc0000201c6336401dc0401bb`, '192.0.2.1', 56_324],
    ['a local one', `${SIGNATURE}20000000`, '', 0],
    ['a socket of Unix', `${SIGNATURE}213100d8${'00'.repeat(216)}`, '', 0],
    [
      'what stands behind',
      `${SIGNATURE}21110013c0000201c6336401dc0401bb03000412345678`,
      '192.0.2.1',
      56_324,
    ],
    [
      'IPv6',
      `${SIGNATURE}21210024${'20010db8000000000000000000000001'.repeat(2)}dc0401bb`,
      '2001:db8:0:0:0:0:0:1',
      56_324,
    ],
  ])('reads %s', (_what, bytes, address, port) => {
    const length = bytes.length / 2;
    expect(hex(`${bytes}160301`)).toEqual({ length, address, port });
  });

  it.each([
    ['another version', `${SIGNATURE}3111000cc0000201c6336401dc0401bb`],
    ['another command', `${SIGNATURE}2211000cc0000201c6336401dc0401bb`],
    ['too little', `${SIGNATURE}2111000bc0000201c6336401dc0401`],
    ['too much', `${SIGNATURE}21110800`],
  ])('refuses %s', (_what, bytes) => {
    expect(hex(bytes)).toBe('malformed');
  });
});

describe('readProxyHeader', () => {
  const whole = fuzzTargets[0]!.corpus().filter((bytes) => {
    return typeof readProxyHeader(bytes, 0, bytes.length) === 'object';
  });

  it('waits for every byte, and then reads the same wherever it lies', () => {
    expect(whole.length).toBeGreaterThan(5);
    for (const bytes of whole) {
      const header = readProxyHeader(bytes, 0, bytes.length) as { length: number };
      for (let end = 0; end < header.length; end += 1) {
        expect(readProxyHeader(bytes, 0, end)).toBe('partial');
      }
      const slab = Buffer.concat([Buffer.alloc(7, 0x50), bytes]);
      expect(readProxyHeader(slab, 7, slab.length)).toEqual(header);
    }
  });

  it.each(['GET / HTTP/1.1\r\n', 'PRO', '\r\n\r\nX', '\u0003'])('tells of %j', (start) => {
    const isStart = 'PROXY '.startsWith(start);
    expect(text(start)).toBe(isStart ? 'partial' : 'none');
  });

  it('reads no more than there is, of whatever bytes', () => {
    const start = fc.constantFrom(...whole);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 64 }), fc.nat(64), (header, noise, at) => {
        const bytes = Buffer.concat([header.subarray(0, at), noise]);
        const read = readProxyHeader(bytes, 0, bytes.length);
        if (typeof read !== 'object') return;
        expect(read.length).toBeLessThanOrEqual(Math.min(bytes.length, MAX_PROXY_HEADER_BYTES));
      }),
    );
  });
});
