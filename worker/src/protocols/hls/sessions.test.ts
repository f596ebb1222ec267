import { beforeEach, describe, expect, it } from 'vitest';
import type { Gate, Grant } from '../../access/gate.ts';
import { TrustedProxies } from '../../access/trusted-proxies.ts';
import type { Visit } from '../../access/visit.ts';
import { until } from '../../engine/testing/fixture.ts';
import { WorkerError } from '../../errors.ts';
import { SegmentKeys } from '../../sessions/segment-keys.ts';
import { keptLog, type LogLine } from '../../sessions/testing/kept-log.ts';
import { Sessions } from '../../sessions/visitors.ts';
import { ManualClock } from '../../stream/clock.ts';
import { rawClient, serveHttp, type Served } from '../http/testing/fixture.ts';
import { Live } from '../http/testing/live.ts';
import { hlsRoute, mediaUrlIn, newPlayer } from './testing/player.ts';

let live: Live;
let served: Served;
let sessions: Sessions;
let lines: LogLine[];
let visits: Visit[];
let isRefusing: boolean;
/** Who may play, while not everybody is refused. */
let isWelcome: (visit: Visit) => boolean;
let isGuarded: boolean;

beforeEach(() => {
  const kept = keptLog();
  lines = kept.lines;
  visits = [];
  isRefusing = false;
  isWelcome = () => true;
  isGuarded = false;
  const admit = (visit: Visit): Grant => {
    visits.push(visit);
    if (isRefusing || !isWelcome(visit)) throw new WorkerError('ACCESS_BANNED');
    return { subject: '', untilUnixMs: Infinity };
  };
  const gate: Gate = {
    ...{ admit, readmit: admit },
    guards: () => isGuarded,
  };
  const trust = new TrustedProxies();
  trust.configure({ trustedProxies: ['127.0.0.0/8'], byForwarded: false });
  served = serveHttp({
    trust,
    routes: (engine) => {
      const clock = new ManualClock();
      const segmentKeys = new SegmentKeys({ guards: () => isGuarded, clock });
      segmentKeys.become(Buffer.from('secret'));
      live = new Live(engine, segmentKeys.of);
      sessions = new Sessions({ gate, clock: live.clock, log: kept.log });
      return [hlsRoute(live, { visitors: sessions, segmentKeys })];
    },
  });
  live.publish();
  for (let i = 0; i < 4; i++) live.play();
});

const firstUrl = (query = ''): string => `${served.url}/live/news.m3u8${query}`;

async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
}

/** Both clocks, as long as a player may be silent. */
function fallSilent(): void {
  live.clock.advance(16_000);
}

describe('a player of HLS', () => {
  it('is given an id, and keeps the parameters with which it came', async () => {
    const answer = await fetch(firstUrl('?token=a%2Bb&session=bad&x=1'));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    // Browsers refuse it when it is there twice.
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const url = new URL(mediaUrlIn(await answer.text(), answer.url));
    const id = url.searchParams.get('session') ?? '';
    expect(url.search).toBe(`?token=a%2Bb&x=1&session=${id}`);
    expect(id).toMatch(/^[\w-]{16}$/);
    expect(answer.headers.get('set-cookie')).toBe(
      `streamcluster_session=${id}; Path=/live/news.m3u8; HttpOnly; SameSite=Lax`,
    );
    expect(sessions.size).toBe(0);
    expect(await statusOf(url.href)).toBe(200);
    expect(sessions.get(id)?.visit).toMatchObject({ protocol: 'hls', name: { key: 'live/news' } });
    expect(visits).toHaveLength(2);
  });

  it('is one session however often, and over however many connections, it asks', async () => {
    const url = await newPlayer(firstUrl());
    for (let i = 0; i < 3; i++) {
      const raw = rawClient(served.port);
      const { pathname, search } = new URL(url);
      raw.send(`GET ${pathname}${search} HTTP/1.1\r\nHost: h\r\n\r\n`);
      await raw.saw('#EXTINF');
      live.clock.advance(300);
    }
    expect(sessions.size).toBe(1);
    expect(live.stream.viewerCounts()['hls']).toBe(1);
    expect(lines.map(({ msg }) => msg)).toEqual(['session began']);
  });

  it('is the same one when it comes back with its cookie', async () => {
    const first = await fetch(firstUrl());
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const url = mediaUrlIn(await first.text(), first.url);
    await statusOf(url);
    expect(await newPlayer(firstUrl(), { cookie: `a=b; ${cookie}` })).toBe(url);
    expect(await newPlayer(firstUrl())).not.toBe(url);
    // Twice for one who begins, once for one who only has the address.
    expect(visits).toHaveLength(3);
  });

  it('that another worker knows is asked about here, and keeps its id', async () => {
    const url = `${firstUrl()}?session=AAAABBBBCCCCDDDD`;
    expect(await statusOf(url)).toBe(200);
    expect(visits).toHaveLength(1);
    expect(sessions.get('AAAABBBBCCCCDDDD')).toBeDefined();
    isRefusing = true;
    live.clock.advance(300);
    expect(await statusOf(url)).toBe(200);
    const answer = await fetch(`${firstUrl()}?session=BAAABBBBCCCCDDDD`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      403,
      'ACCESS_BANNED',
    ]);
    expect(await statusOf(firstUrl())).toBe(403);
  });

  it('is refused although it has the address, when that was decided since', async () => {
    const url = await newPlayer(firstUrl());
    isRefusing = true;
    expect(await statusOf(url)).toBe(403);
    isRefusing = false;
    expect(await statusOf(url)).toBe(200);
    expect(sessions.size).toBe(1);
  });

  it('is over when it asks for nothing for a while, with bytes that are estimated', async () => {
    const url = await newPlayer(firstUrl());
    await statusOf(url);
    live.play();
    live.clock.advance(300);
    await statusOf(url);
    const { hls } = live.stream;
    const [session] = sessions.all();
    const bytes = session?.control.bytes ?? 0;
    const segments = [...(hls.playlist() ?? '').matchAll(/(\d+)\.ts/g)].map(([, n]) => Number(n));
    const sizes = segments.map((n) => hls.segment(n)?.length ?? 0);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(all * 0.9);
    expect(bytes).toBeLessThan(all * 2.5);
    fallSilent();
    expect(sessions.size).toBe(0);
    expect(lines.at(-1)).toMatchObject({
      ...{ msg: 'session ended', reason: 'idle', bytes, areBytesEstimated: true },
    });
    // A stranger again, who is asked about.
    expect(visits).toHaveLength(2);
    expect(await statusOf(url)).toBe(200);
    expect(visits).toHaveLength(3);
  });

  it('is alive while it loads a segment that takes long', async () => {
    const raw = rawClient(served.port);
    raw.send('GET /live/news.m3u8?session=AAAABBBBCCCCDDDD HTTP/1.1\r\nHost: h\r\n\r\n');
    await raw.saw('#EXTINF');
    const [file = ''] = /news\/\d+\.ts/.exec(raw.text()) ?? [];
    for (let i = 0; i < 3; i++) {
      live.clock.advance(10_000);
      raw.send(`HEAD /live/${file} HTTP/1.1\r\nHost: h\r\n\r\n`);
      await raw.saw('video/mp2t', i + 1);
    }
    expect(sessions.size).toBe(1);
  });

  it('that is kicked may come back at once, as a new session', async () => {
    const raw = rawClient(served.port);
    const ask = 'GET /live/news.m3u8?session=AAAABBBBCCCCDDDD HTTP/1.1\r\nHost: h\r\n\r\n';
    for (let times = 1; times <= 2; times++) {
      raw.send(ask);
      await raw.saw('#EXTM3U', times);
    }
    sessions.get('AAAABBBBCCCCDDDD')?.control.expel('kicked');
    expect(lines.at(-1)).toMatchObject({ msg: 'session ended', reason: 'kicked' });
    expect([sessions.size, live.stream.viewerCounts()['hls']]).toEqual([0, 0]);
    // The engine answers for a moment, then the connection's next request is looked at.
    served.clock.advance(1_001);
    live.clock.advance(300);
    raw.send(ask);
    await until('back', () => sessions.size === 1);
    expect(visits).toHaveLength(2);
  });

  it.each([
    ['a cookie', { cookie: 'a=b; streamcluster_token=good' }, ''],
    ['a header', { authorization: 'Bearer good' }, ''],
    ['parameters', {}, 'token=good&'],
    ['an address', { 'x-forwarded-for': '192.0.2.7' }, ''],
  ])('is not whoever knows its id, where it proves itself by %s', async (_what, headers, query) => {
    // Chosen by a stranger, whose page or link he follows who may.
    const id = 'session=AAAABBBBCCCCDDDD';
    isWelcome = ({ authorization, cookie, query: given, address }) =>
      [authorization, cookie, given].some((text) => text.includes('good')) ||
      address === '192.0.2.7';
    const own = await fetch(firstUrl(`?${query}${id}`), { headers });
    expect([own.status, sessions.size]).toEqual([200, 1]);
    for (const stranger of [{}, { cookie: 'streamcluster_session=AAAABBBBCCCCDDDD' }]) {
      const answer = await fetch(firstUrl(`?${id}`), { headers: stranger });
      expect(answer.status).toBe(403);
    }
    const asked = visits.length;
    expect((await fetch(firstUrl(`?${query}${id}`), { headers })).status).toBe(200);
    expect([visits.length, sessions.size]).toEqual([asked, 1]);
  });

  it('is asked about again in another network, and stays the same', async () => {
    const url = await newPlayer(firstUrl());
    await statusOf(url);
    const before = visits.length;
    live.clock.advance(10_000);
    const elsewhere = { headers: { 'x-forwarded-for': '192.0.2.8' } };
    expect((await fetch(url, elsewhere)).status).toBe(200);
    live.clock.advance(10_000);
    expect([visits.length, sessions.size]).toEqual([before + 1, 1]);
    expect(lines.map(({ msg }) => msg)).toEqual(['session began']);
  });

  it('is asked about with what it brought, not with the id that it was given', async () => {
    await statusOf(await newPlayer(firstUrl('?token=a%2Bb')));
    expect(visits.map(({ query }) => query)).toEqual(['token=a%2Bb', 'token=a%2Bb']);
  });

  it('is over when its stream is', async () => {
    await statusOf(`${firstUrl()}?session=AAAABBBBCCCCDDDD`);
    live.registry.remove(live.stream);
    expect(sessions.size).toBe(0);
    expect(lines.at(-1)).toMatchObject({ reason: 'ended' });
  });

  it('does not take the id of another session', async () => {
    await statusOf(`${firstUrl()}?session=AAAABBBBCCCCDDDD`);
    const [first] = sessions.all();
    const visit = { ...(first?.visit as Visit), protocol: 'flv' as const };
    const entry = await sessions.enter(visit);
    const other = entry.open({ bytes: 0, skips: 0, expel: () => undefined }, 'AAAABBBBCCCCDDDD');
    expect(other.id).not.toBe('AAAABBBBCCCCDDDD');
    expect(sessions.get('AAAABBBBCCCCDDDD')).toBe(first);
  });
});

describe('segments where not everybody may play', () => {
  it('lie under a key that only playlists tell', async () => {
    isGuarded = true;
    live.play();
    const base = firstUrl();
    const text = await (await fetch(await newPlayer(base))).text();
    const uri = text.split('\n').findLast((line) => line.endsWith('.ts')) ?? '';
    expect(uri).toMatch(/^news\/[\w-]{22}\/\d+\.ts$/);
    expect(await statusOf(new URL(uri, base).href)).toBe(200);
    const without = uri.replace(/\/[\w-]{22}\//, '/');
    for (const wrong of [without, uri.replace(/\/[\w-]{22}\//, `/${'a'.repeat(22)}/`)]) {
      const answer = await fetch(new URL(wrong, base).href);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        403,
        'ACCESS_SEGMENT_KEY',
      ]);
    }
    isGuarded = false;
    expect(await statusOf(new URL(without, base).href)).toBe(200);
    expect(await statusOf(new URL(uri, base).href)).toBe(200);
  });
});
