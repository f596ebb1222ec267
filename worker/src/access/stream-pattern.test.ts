import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsPattern } from './stream-pattern.ts';

describe('fitsPattern', () => {
  it.each([
    ['live/news', 'live/news', true],
    ['live/news', 'live/new', false],
    ['live/*', 'live/news', true],
    ['live/*', 'alive/news', false],
    ['*', 'live/news', true],
    ['live/a*a', 'live/a', false],
    ['live/*-*', 'live/a-b', true],
    ['', 'live/news', false],
    ['*/news*', 'live/news', true],
    ['live/.*', 'live/news', false],
  ])('%s, %s: %s', (pattern, key, fits) => {
    expect(fitsPattern(pattern, key)).toBe(fits);
  });

  it('is as a regular expression would be', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const key = text.replaceAll('*', 'a');
        const wanted = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(key);
        expect(fitsPattern(pattern, key)).toBe(wanted);
      }),
    );
  });

  it('takes no time for patterns that are made to take some', () => {
    const startedMs = performance.now();
    fitsPattern('*a'.repeat(2_000), `${'a'.repeat(2_000)}b`);
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});
