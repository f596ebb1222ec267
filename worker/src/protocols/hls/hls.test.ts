import HLS from 'hls-parser';
import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../engine/testing/fixture.ts';
import { TsReader } from '../../formats/mpegts/reader.ts';
import { rawClient, serveHttp, type Served } from '../http/testing/fixture.ts';
import { Live } from '../http/testing/live.ts';
import { hlsRoute, newPlayer } from './testing/player.ts';

let live: Live;
let served: Served;
const WAIT_MS = 8000;
const VIDEO_PID = 0x100;

beforeEach(() => {
  served = serveHttp({
    routes: (engine) => {
      live = new Live(engine);
      return [hlsRoute(live, { waitMs: WAIT_MS })];
    },
  });
});

const firstUrl = (): string => `${served.url}/live/news.m3u8`;

/** A new player's, unless its address is given. */
async function playlist(url?: string): Promise<HLS.types.MediaPlaylist> {
  const text = await (await fetch(url ?? (await newPlayer(firstUrl())))).text();
  return HLS.parse(text) as HLS.types.MediaPlaylist;
}

async function segmentUrls(): Promise<string[]> {
  return (await playlist()).segments.map(({ uri }) => new URL(uri, firstUrl()).href);
}

async function bytes(url: string, headers: Record<string, string> = {}): Promise<Buffer> {
  return Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
}

describe('HlsRoute', () => {
  it('serves those who watch when nobody new is taken', async () => {
    live.publish();
    for (let i = 0; i < 3; i++) live.play();
    const known = await newPlayer(firstUrl());
    const invited = await newPlayer(firstUrl());
    await bytes(known);
    const [segment] = await segmentUrls();
    live.isFull = true;
    const strangers = [firstUrl(), `${firstUrl()}?session=AAAABBBBCCCCDDDD`];
    for (const url of strangers) {
      const answer = await fetch(url);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('2');
    }
    expect((await fetch(known)).status).toBe(200);
    expect((await fetch(invited)).status).toBe(200);
    expect((await fetch(segment!)).status).toBe(200);
  });

  it('sends the player of a playlist elsewhere, never that of a segment', async () => {
    live.publish();
    for (let i = 0; i < 3; i++) live.play();
    const url = await newPlayer(`${firstUrl()}?token=a`);
    await bytes(url);
    const [segment] = await segmentUrls();
    live.other = { address: 'w-2.example:80', epoch: 4 };
    // The engine answers by itself until it is told to ask again.
    live.clock.advance(300);
    const answer = await fetch(url, { redirect: 'manual' });
    const { search, searchParams } = new URL(url);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(
      `http://w-2.example:80/live/news.m3u8${search}&redirected=4`,
    );
    expect(live.asked.at(-1)).toEqual({
      ...{ protocol: 'hls', isEncrypted: false, isKnown: true, isShed: false },
      ...{ sentAtEpoch: undefined, player: searchParams.get('session') },
    });
    expect((await fetch(segment!, { redirect: 'manual' })).status).toBe(200);
    const first = await fetch(`${firstUrl()}?token=a`, { redirect: 'manual' });
    expect(first.headers.get('location')).toBe(
      'http://w-2.example:80/live/news.m3u8?token=a&redirected=4',
    );
    expect(live.asked.at(-1)).toMatchObject({ isKnown: false });
    expect(live.asked.at(-1)).not.toHaveProperty('player');
  });

  it('serves a window whose segments hold every picture', async () => {
    live.publish();
    for (let i = 0; i < 6; i++) live.play();
    const answer = await fetch(await newPlayer(firstUrl()));
    expect(answer.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    live.end();
    const read = await playlist();
    expect(read.endlist).toBe(true);
    expect(read.segments.length).toBeGreaterThanOrEqual(3);
    const pictures: Buffer[] = [];
    const reader = new TsReader({
      onUnit: ({ stream, data }) => {
        if (stream.pid === VIDEO_PID) pictures.push(Buffer.from(data));
      },
    });
    for (const url of await segmentUrls()) {
      const segment = await bytes(url);
      expect(segment.length % 188).toBe(0);
      reader.push(segment, 0, segment.length);
    }
    reader.flush();
    expect(reader.continuityErrors + reader.skippedBytes).toBe(0);
    expect(pictures.length).toBeGreaterThan(70);
    // Each ends with the same slice as the picture that was published.
    const tail = (picture: Buffer): string => picture.toString('hex', picture.length - 8);
    expect(pictures.map(tail)).toEqual(live.pictures.slice(-pictures.length).map(tail));
  });

  it('serves the same playlist bytes until there is a new segment', async () => {
    live.publish();
    for (let i = 0; i < 4; i++) live.play();
    const players = [await newPlayer(firstUrl()), await newPlayer(firstUrl())] as const;
    expect(live.stream.viewerCounts()['hls']).toBe(0);
    const first = await bytes(players[0]);
    expect(await bytes(players[1])).toEqual(first);
    live.play();
    expect(await bytes(players[0])).not.toEqual(first);
    expect(live.stream.viewerCounts()['hls']).toBe(2);
  });

  it('serves ranges, HEAD and cache headers', async () => {
    live.publish();
    for (let i = 0; i < 4; i++) live.play();
    const [url = ''] = await segmentUrls();
    const whole = await bytes(url);
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(whole.length));
    expect(head.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(head.headers.get('content-type')).toBe('video/mp2t');
    const part = await fetch(url, { headers: { range: 'bytes=188-375' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes 188-375/${whole.length}`,
    ]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(188, 376));
    expect(await bytes(url, { range: 'bytes=-188' })).toEqual(whole.subarray(-188));
    expect(await bytes(url, { range: 'bytes=0-1,5-6' })).toEqual(whole);
    expect(await bytes(url, { range: 'bytes=0-1', 'if-range': '"x"' })).toEqual(whole);
    const beyond = await fetch(url, { headers: { range: `bytes=${whole.length}-` } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([
      416,
      `bytes */${whole.length}`,
    ]);
    expect(await beyond.json()).toMatchObject({ code: 'HTTP_RANGE_INVALID' });
  });

  it('answers pipelined playlists and segments on one connection', async () => {
    live.publish();
    for (let i = 0; i < 4; i++) live.play();
    const { pathname, search } = new URL(await newPlayer(firstUrl()));
    const paths = [pathname + search, ...(await segmentUrls()).map((url) => new URL(url).pathname)];
    const raw = rawClient(served.port);
    raw.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''));
    const expected = await Promise.all(paths.map((path) => bytes(served.url + path)));
    const total = (): number => expected.reduce((sum, body) => sum + body.length, 0);
    await until('all there', () => raw.text().length > total() + 200 * paths.length);
    let rest = raw.bytes();
    for (const body of expected) {
      const at = rest.indexOf('\r\n\r\n') + 4;
      expect(rest.subarray(at, at + body.length).equals(body)).toBe(true);
      rest = rest.subarray(at + body.length);
    }
  });

  it('holds the first playlist until there is a segment', async () => {
    live.publish();
    const first = fetch(firstUrl());
    const named = fetch(`${firstUrl()}?session=AAAABBBBCCCCDDDD`);
    await until('waits', () => served.server.connections === 2 && live.stream.hls.isUsed);
    for (let i = 0; i < 3; i++) live.play();
    expect(await (await first).text()).toMatch(
      /CODECS="avc1\.\w+,mp4a\.40\.2",RESOLUTION=\d+x\d+\n/,
    );
    expect(await (await named).text()).toContain('#EXTINF');
  });

  it('gives up waiting with a code', async () => {
    live.publish();
    const pending = fetch(firstUrl());
    await until('waits', () => live.stream.hls.isUsed);
    live.clock.advance(WAIT_MS + 1);
    const answer = await pending;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.json()).toMatchObject({ code: 'HLS_NOT_READY' });
  });

  it('holds a request for the next segment, and refuses those that are gone', async () => {
    live.publish();
    for (let i = 0; i < 4; i++) live.play();
    const last = (await playlist()).segments.at(-1)?.mediaSequenceNumber ?? 0;
    const next = fetch(`${served.url}/live/news/${last + 1}.ts`);
    const later = await fetch(`${served.url}/live/news/${last + 9}.ts`);
    expect(later.status).toBe(404);
    expect(await later.json()).toMatchObject({ code: 'HLS_SEGMENT_GONE' });
    expect((await fetch(`${served.url}/live/news/1.ts`)).status).toBe(404);
    await until('waits', () => served.server.connections >= 2);
    for (let i = 0; i < 2; i++) live.play();
    const answer = await next;
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(188);
  });

  it('forgets who waits when the client is gone', async () => {
    live.publish();
    const raw = rawClient(served.port);
    raw.send('GET /live/news.m3u8 HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('waits', () => live.stream.hls.isUsed);
    raw.socket.destroy();
    await until('gone', () => served.server.connections === 0);
    for (let i = 0; i < 3; i++) live.play();
    expect((await fetch(firstUrl())).status).toBe(200);
  });

  it('says which codec HLS cannot carry', async () => {
    live.publish();
    live.play();
    live.playOpus();
    for (const path of ['/live/news.m3u8', '/live/news/5.ts']) {
      const answer = await fetch(served.url + path);
      expect(answer.status).toBe(415);
      expect(await answer.json()).toEqual({
        code: 'HLS_CODEC_UNSUPPORTED',
        message:
          'HLS cannot carry the codecs of the stream: MPEG-TS cannot carry opus audio; publish AAC.',
      });
    }
  });

  it.each([
    ['/live/nobody.m3u8', 404, 'STREAM_NOT_FOUND'],
    ['/live/nobody/5.ts', 404, 'STREAM_NOT_FOUND'],
    ['/live/a..b.m3u8', 400, 'STREAM_NAME_INVALID'],
    ['/-x/b/5.ts', 400, 'STREAM_NAME_INVALID'],
  ])('refuses %s', async (path, status, code) => {
    const answer = await fetch(served.url + path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  it('leaves what is no segment address to Node', async () => {
    for (const path of ['/live/news/01.ts', '/live/news/x.ts', '/live/news/-1.ts']) {
      expect(await (await fetch(served.url + path)).text()).toMatch(/^node GET/);
    }
  });
});
