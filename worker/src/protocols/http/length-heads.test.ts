import { describe, expect, it } from 'vitest';
import { LengthHeads } from './length-heads.ts';

describe('LengthHeads', () => {
  it('makes one head for each length', () => {
    const heads = new LengthHeads(206, 'X-A: b\r\n');
    const head = heads.bytes(7, false);
    expect(head.toString()).toMatch(/^HTTP\/1\.1 206 Partial Content\r\nX-A: b\r\n(.*\r\n)+\r\n$/);
    expect(head.toString()).toContain('\r\nContent-Length: 7\r\n');
    expect(head.toString()).not.toContain('Connection');
    expect(heads.bytes(7, false)).toBe(head);
    expect(heads.bytes(8, false).toString()).toContain('\r\nContent-Length: 8\r\n');
  });

  it('says that the connection is closed where it is', () => {
    const heads = new LengthHeads(200, '');
    heads.bytes(7, false);
    expect(heads.bytes(7, true).toString()).toContain('\r\nConnection: close\r\n');
    expect(heads.bytes(7, false).toString()).not.toContain('Connection: close');
  });

  it('forgets all when there are many', () => {
    const heads = new LengthHeads(200, '');
    const first = heads.bytes(0, false);
    for (let length = 1; length < 256; length++) heads.bytes(length, false);
    expect(heads.bytes(0, false)).toBe(first);
    heads.bytes(256, false);
    expect(heads.bytes(0, false)).not.toBe(first);
    expect(heads.bytes(0, false)).toEqual(first);
  });
});
