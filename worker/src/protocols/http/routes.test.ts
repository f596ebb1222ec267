import { describe, expect, it } from 'vitest';
import type { MediaHandler, MediaPath, MediaRoute } from './media-route.ts';
import { Routes } from './routes.ts';

const handler: MediaHandler = () => undefined;

/** Takes `/mine/...`; what it was asked is in `asked`. */
class Route implements MediaRoute {
  readonly name = 'test';
  readonly asked: MediaPath[] = [];

  match(path: MediaPath): MediaHandler | undefined {
    this.asked.push(path);
    return path.segments[0] === 'mine' && !path.isWebSocket ? handler : undefined;
  }
}

describe('Routes', () => {
  it('takes a path apart once, whoever asks, with whatever parameters', () => {
    const route = new Route();
    const routes = new Routes([route]);
    const found = routes.find('/mine/a%20b?x=1', false);
    expect(found).toEqual({ segments: ['mine', 'a b'], query: 'x=1', handler });
    expect(routes.find('/mine/a%20b?x=2?', false)).toEqual({ ...found, query: 'x=2?' });
    expect(routes.find('/mine/a%20b', false)).toEqual({ ...found, query: '' });
    expect(route.asked).toHaveLength(1);
  });

  it('tells upgrades from other requests for the same target', () => {
    const routes = new Routes([new Route()]);
    expect(routes.find('/mine', false)?.handler).toBe(handler);
    expect(routes.find('/mine', true)?.handler).toBeUndefined();
    expect(routes.find('/mine', false)?.handler).toBe(handler);
  });

  it('remembers who answers nothing, and refuses what is malformed each time', () => {
    const routes = new Routes([new Route()]);
    expect(routes.find('/other', false)).toEqual({
      segments: ['other'],
      query: '',
      handler: undefined,
    });
    for (let i = 0; i < 2; i++) expect(routes.find('/mine/../x', false)).toBeUndefined();
  });

  it('keeps a bounded number of targets of bounded length', () => {
    const route = new Route();
    const routes = new Routes([route]);
    const askedFor = (target: string): number => {
      const before = route.asked.length;
      routes.find(target, false);
      return route.asked.length - before;
    };
    const long = `/mine/${'x'.repeat(300)}`;
    expect([askedFor(long), askedFor(long)]).toEqual([1, 1]);
    for (let i = 0; i < 1024; i++) expect(askedFor(`/mine/${i}`)).toBe(1);
    expect(askedFor('/mine/0')).toBe(0);
    expect(askedFor('/mine/one-more')).toBe(1);
    expect(askedFor('/mine/0')).toBe(1);
    expect(askedFor('/mine/one-more')).toBe(0);
  });
});
