import { describe, expect, it, vi } from 'vitest';
import { LivePlayers } from './live-players.ts';
import type { Dial, WireHandler } from './wire.ts';

const MULTIVARIANT = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nnews.m3u8?session=';
const HOUR = '3600';

interface Asked {
  readonly player: number;
  readonly path: string;
}

/** A server of few words: `bodyOf` answers every path; undefined: 404. */
function dialTo(bodyOf: (asked: Asked) => string | undefined, asked: Asked[]): Dial {
  let connections = 0;
  return (handler: WireHandler) => {
    const player = connections++;
    setImmediate(() => handler.onOpen());
    return {
      write: (bytes) => {
        const one = { player, path: bytes.toString().split(' ')[1] ?? '' };
        asked.push(one);
        const body = bodyOf(one);
        const status = body === undefined ? '404 Not Found' : '200 OK';
        const text = `HTTP/1.1 ${status}\r\nContent-Length: ${body?.length ?? 0}\r\n\r\n${body ?? ''}`;
        setImmediate(() => handler.onData(Buffer.from(text), 0, text.length));
      },
      close: () => undefined,
    };
  };
}

function playlist(segments: readonly number[], target: string): string {
  const lines = segments.map((number) => `#EXTINF:2,\nnews/${number}.ts\n`);
  return `#EXTM3U\n#EXT-X-TARGETDURATION:${target}\n${lines.join('')}`;
}

function players(dial: Dial, count: number): LivePlayers {
  const where = { dial, host: 'h', port: 1, paths: ['/live/news.m3u8'] };
  return new LivePlayers({ ...where, count, withinMs: 1, agent: () => 'same' });
}

describe('LivePlayers', () => {
  it('follow the way to their own playlist, and fetch the last three segments once', async () => {
    const asked: Asked[] = [];
    const dial = dialTo(({ player, path }) => {
      if (path.endsWith('.ts')) return `body of ${path}`;
      return path.includes('?') ? playlist([4, 5, 6, 7], HOUR) : `${MULTIVARIANT}${player}`;
    }, asked);
    const group = players(dial, 2);
    await group.come();
    await vi.waitFor(() => expect(group.segments).toBe(6));
    const ofSecond = asked.filter(({ player }) => player === 1).map(({ path }) => path);
    const segments = [5, 6, 7].map((number) => `/live/news/${number}.ts`);
    expect(ofSecond).toEqual(['/live/news.m3u8', '/live/news.m3u8?session=1', ...segments]);
    expect(group.different).toBe(3);
    expect(group.playlists).toBe(4);
    expect(group.fault).toBeUndefined();
    group.leave();
  });

  it('ask again after the target duration, after half of it where nothing is new', async () => {
    const asked: { path: string; atMs: number }[] = [];
    let lists = 0;
    const dial = dialTo(({ path }) => {
      asked.push({ path, atMs: performance.now() });
      if (path.endsWith('.ts')) return 'body';
      lists += 1;
      return playlist(lists < 3 ? [1] : [1, 2], '1');
    }, []);
    const group = players(dial, 1);
    await group.come();
    await vi.waitFor(() => expect(group.segments).toBe(2), { timeout: 5_000 });
    group.leave();
    const times = asked.filter(({ path }) => path.endsWith('.m3u8')).map(({ atMs }) => atMs);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThan(990);
    expect(third - second).toBeGreaterThan(490);
    expect(third - second).toBeLessThan(second - first);
  });

  it('say who got other bytes, was refused, or was left behind', async () => {
    const different = players(
      dialTo(({ player, path }) => {
        return path.endsWith('.ts') ? `body ${player}` : playlist([1], HOUR);
      }, []),
      2,
    );
    await different.come().catch(() => undefined);
    await vi.waitFor(() => expect(different.fault).toContain('other bytes'));
    different.leave();
    const refused = players(
      dialTo(() => undefined, []),
      1,
    );
    await expect(refused.come()).rejects.toThrow('answered 404');
    refused.leave();
  });
});
