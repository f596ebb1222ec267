import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.each([
    ['/', [], ''],
    ['/live/news.flv', ['live', 'news.flv'], ''],
    ['/live/news.flv?a=1&b=%2F', ['live', 'news.flv'], 'a=1&b=%2F'],
    ['/a%7Eb/%C3%A9', ['a~b', 'é'], ''],
    ['http://host:8080/a/b?c', ['a', 'b'], 'c'],
    ['HTTPS://host', [], ''],
    ['http://host?q', [], 'q'],
    ['/debug/', ['debug', ''], ''],
    ['/a/b?/../..', ['a', 'b'], '/../..'],
    ['/...', ['...'], ''],
  ])('takes %s', (target, segments, query) => {
    expect(parseTarget(target)).toEqual({ segments, query });
  });

  it.each([
    '*',
    'host:80',
    'live/news',
    '//',
    '/a//b',
    '/../a',
    '/a/..',
    '/a/.',
    '/./a',
    '/a/%2e%2e/b',
    '/%2E',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a%00',
    '/a%0d%0aX',
    '/a%7f',
    '/a%',
    '/a%2',
    '/a%zz',
    '/a%ff',
    '/a%c0%ae',
    'ftp://h/a',
  ])('refuses %s', (target) => {
    expect(parseTarget(target)).toBeUndefined();
  });

  it('gives back what was encoded, never a separator or a way up', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (names) => {
        const path = parseTarget(`/${names.map(encodeURIComponent).join('/')}`);
        if (path !== undefined) expect(path.segments).toEqual(names);
        // eslint-disable-next-line no-control-regex -- exactly these are refused
        else expect(names.some((name) => /[\0-\x1f\x7f/\\]|^\.\.?$/.test(name))).toBe(true);
      }),
    );
  });
});
