import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { StreamPages, type PageQuery } from './stream-pages.ts';
import { TestCluster } from './testing/cluster-view.ts';

function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `live/${String(at).padStart(5, '0')}`);
}

function rig(streams: readonly string[]): { cluster: TestCluster; pages: StreamPages } {
  const cluster = new TestCluster('{fixed: {replicas: 1}}');
  for (const name of streams) cluster.publish(name);
  return { cluster, pages: new StreamPages(cluster.clock) };
}

function pageAfter(
  { cluster, pages }: ReturnType<typeof rig>,
  limit: number | undefined,
  token: string | undefined,
) {
  return pages.page(cluster.view(), {
    ...(limit !== undefined && { limit: String(limit) }),
    ...(token !== undefined && { continue: token }),
  });
}

function all(here: ReturnType<typeof rig>, limit: number | undefined): string[][] {
  const found: string[][] = [];
  let token: string | undefined = undefined;
  do {
    const page: ReturnType<StreamPages['page']> = pageAfter(here, limit, token);
    found.push(page.items.map(({ name }) => name));
    token = page.continue;
  } while (token !== undefined);
  return found;
}

describe('StreamPages', () => {
  it('gives 500 at once, and the rest after', () => {
    const found = all(rig(names(1201)), undefined);
    expect(found.map(({ length }) => length)).toEqual([500, 500, 201]);
    expect(found.flat()).toEqual(names(1201));
  });

  it('gives everything once, for any names and limit', () => {
    const anyNames = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_.-]{1,8}$/), { maxLength: 40 });
    fc.assert(
      fc.property(anyNames, fc.integer({ min: 1, max: 50 }), (some, limit) => {
        const here = rig(some.map((name) => `live/${name}`));
        const expected = here.cluster.view().streams();
        expect(all(here, limit).flat()).toEqual(expected.map(({ name }) => name));
      }),
    );
  });

  it('ends without an empty page', () => {
    expect(all(rig(names(10)), 5)).toHaveLength(2);
    expect(all(rig([]), 5)).toEqual([[]]);
  });

  it('goes on after a stream that ended, in a listing made anew', async () => {
    const here = rig(names(6));
    const first = pageAfter(here, 2, undefined);
    here.cluster.directory?.delete('live/00001');
    await here.cluster.clock.advance(10_001);
    expect(pageAfter(here, 2, first.continue).items[0]?.name).toBe('live/00002');
  });

  it('lists once for all pages that are asked for in time', () => {
    const here = rig(names(6));
    const view = here.cluster.view();
    const list = vi.spyOn(view, 'streams');
    let token: string | undefined = undefined;
    for (let at = 0; at < 3; at += 1) {
      const query: PageQuery = { limit: '2', ...(token !== undefined && { continue: token }) };
      token = here.pages.page(view, query).continue;
    }
    expect(token).toBeUndefined();
    expect(list).toHaveBeenCalledTimes(1);
  });
});
