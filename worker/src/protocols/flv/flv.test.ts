import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../engine/testing/fixture.ts';
import { FlvReader } from '../../formats/flv/reader.ts';
import { rawClient, serveHttp, type Served } from '../http/testing/fixture.ts';
import { Live } from '../http/testing/live.ts';
import { FlvRoute } from './route.ts';
import { openVisitors } from '../../sessions/testing/open-visitors.ts';

let live: Live;
let served: Served;

beforeEach(() => {
  served = serveHttp({
    routes: (engine) => {
      live = new Live(engine);
      return [new FlvRoute({ streams: live, visitors: openVisitors() })];
    },
  });
});

/** Video bodies in an answer so far, and the flags of its header. */
function readBody(text: string): { pictures: Buffer[]; flags: string } {
  const bytes = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
  const pictures: Buffer[] = [];
  let flags = '';
  const reader = new FlvReader({
    onHeader: (audio, video) => (flags = `${String(audio)} ${String(video)}`),
    onTag: (kind, _timestampMs, ...[buf, start, end]) => {
      if (kind === 9 && buf[start + 1] === 1) pictures.push(Buffer.from(buf.subarray(start, end)));
    },
  });
  expect(reader.push(bytes, 0, bytes.length)).toBeUndefined();
  return { pictures, flags };
}

describe('FlvRoute', () => {
  it('plays from the newest key frame on, frame for frame, to the end', async () => {
    live.publish();
    live.play();
    const first = live.pictures.length;
    const raw = rawClient(served.port);
    raw.send('GET /live/news.flv?token=x HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('attached', () => live.stream.viewerCounts()['flv'] === 1);
    live.play();
    await until(
      'all there',
      () => readBody(raw.text()).pictures.length > live.pictures.length - first,
    );
    live.end();
    await raw.closed();
    const { pictures, flags } = readBody(raw.text());
    expect(flags).toBe('true true');
    expect(pictures.length).toBeGreaterThan(live.pictures.length - first);
    expect(pictures).toEqual(live.pictures.slice(-pictures.length));
    expect(pictures[0]?.[0]).toBe(0x17);
    expect(raw.text()).toMatch(
      /^HTTP\/1.1 200 OK\r\nContent-Type: video\/x-flv\r\nCache-Control: no-store\r\nConnection: close\r\nAccess-Control-Allow-Origin: \*\r\n/,
    );
    expect(served.server.connections).toBe(0);
  });

  it('answers HEAD with the headers alone', async () => {
    live.publish();
    live.play();
    const head = await fetch(`${served.url}/live/news.flv`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'video/x-flv']);
    expect(live.stream.viewerCounts()['flv']).toBe(0);
  });

  it('notices that a viewer is gone', async () => {
    live.publish();
    live.play();
    const raw = rawClient(served.port);
    raw.send('GET /live/news.flv HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('attached', () => live.stream.viewerCounts()['flv'] === 1);
    raw.socket.destroy();
    await until('gone', () => live.stream.viewerCounts()['flv'] === 0);
  });

  it.each([
    ['/live/nobody.flv', 404, 'STREAM_NOT_FOUND'],
    ['/live/a..b.flv', 400, 'STREAM_NAME_INVALID'],
    ['/live/.flv', 400, 'STREAM_NAME_INVALID'],
    [`/live/${'a'.repeat(129)}.flv`, 400, 'STREAM_NAME_INVALID'],
  ])('refuses %s with %i', async (path, status, code) => {
    const answer = await fetch(served.url + path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    expect(served.refused).toEqual([code]);
  });

  it('refuses a stream that has ended', async () => {
    live.publish();
    live.play();
    live.end();
    const answer = await fetch(`${served.url}/live/news.flv`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'STREAM_NOT_FOUND' });
  });

  it('sends a new viewer to another worker, with all that it asked for', async () => {
    live.publish();
    live.play();
    live.other = { address: 'w-2.example:8080', epoch: 7 };
    const answer = await fetch(`${served.url}/live/news.flv?token=x&redirected=3&b`, {
      redirect: 'manual',
    });
    expect(answer.status).toBe(302);
    const { headers } = answer;
    expect(headers.get('location')).toBe(
      'http://w-2.example:8080/live/news.flv?token=x&b&redirected=7',
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(live.asked).toEqual([
      { protocol: 'flv', isEncrypted: false, isKnown: false, isShed: false, sentAtEpoch: 3 },
    ]);
    expect(live.stream.viewerCounts()['flv']).toBe(0);
    await fetch(`${served.url}/live/news.flv?redirected=x`, { redirect: 'manual' });
    expect(live.asked[1]?.sentAtEpoch).toBeUndefined();
  });

  it.each([
    ['a header', { authorization: 'Bearer x' }, '', false],
    ['a cookie', { cookie: 'a=b; streamcluster_token=x' }, '', false],
    [
      'a header, and a parameter that goes before it',
      { authorization: 'Bearer x' },
      'token=y',
      true,
    ],
    ['a header for somebody else', { authorization: 'Basic x' }, '', true],
    ['a cookie for something else', { cookie: 'a=b' }, '', true],
  ])('keeps who proves himself by %s', async (_what, headers, query, isSent) => {
    live.publish();
    live.play();
    live.other = { address: 'w-2.example:8080', epoch: 7 };
    const url = `${served.url}/live/news.flv?${query}`;
    const init = { redirect: 'manual', headers, method: 'HEAD' } as const;
    expect((await fetch(url, init)).status).toBe(isSent ? 302 : 200);
  });

  it('leaves other paths to Node', async () => {
    expect(await (await fetch(`${served.url}/a/b/c.flv`)).text()).toMatch(/^node GET/);
  });
});
