import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../../access/trusted-proxies.ts';
import type { Visit } from '../../access/visit.ts';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';
import { streamName } from '../../media/stream-name.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { MediaRoute } from './media-route.ts';
import { serveHttp, type Served } from './testing/fixture.ts';
import { admitted, visitOf } from './visit.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const NAME = streamName('live', 'news')!;

/** Every request is a visit, which is refused where there is a code. */
function visits(code?: WorkerErrorCode, isAsked = false): Served & { seen: Visit[] } {
  const seen: Visit[] = [];
  const enter = (visit: Visit): Entry | Promise<Entry> => {
    seen.push(visit);
    const error = code === undefined ? undefined : new WorkerError(code, 'play live/news');
    if (isAsked) return error ? Promise.reject(error) : Promise.resolve({} as Entry);
    if (error !== undefined) throw error;
    return {} as Entry;
  };
  const route: MediaRoute = {
    name: 'test',
    match: () => (exchange) => {
      const use = (): void => exchange.respond(200, '', Buffer.from('in'));
      admitted({ enter, enterAgain: enter }, exchange, visitOf(exchange, NAME, 'flv'), use);
    },
  };
  const trust = new TrustedProxies();
  trust.configure({ trustedProxies: ['127.0.0.0/8'], byForwarded: false });
  return { ...serveHttp({ routes: () => [route], trust }), seen };
}

describe('a visit over HTTP', () => {
  it('has what the client came with, and his address by a trusted proxy', async () => {
    const { url, seen } = visits();
    const headers = {
      ...{ 'x-forwarded-for': '1.1.1.1, 198.51.100.9', forwarded: 'for=1.1.1.1' },
      ...{ authorization: 'Bearer a', cookie: 'b=c', 'user-agent': 'me', traceparent: TRACE },
    };
    await fetch(`${url}/live/news.flv?token=x`, { headers });
    expect(seen).toEqual([
      {
        ...{ action: 'play', protocol: 'flv', name: NAME, query: 'token=x' },
        ...{ address: '198.51.100.9', isEncrypted: false, authorization: 'Bearer a' },
        ...{ cookie: 'b=c', userAgent: 'me', traceParent: TRACE },
      },
    ]);
    await fetch(`${url}/live/news.flv`);
    expect(seen[1]?.address).toBe('127.0.0.1');
  });

  it.each([
    ['ACCESS_TOKEN_MISSING', 401, 'Bearer', null],
    ['ACCESS_TOKEN_INVALID', 401, 'Bearer error="invalid_token"', null],
    ['ACCESS_TOKEN_EXPIRED', 401, 'Bearer error="invalid_token"', null],
    ['ACCESS_REFUSED', 403, null, null],
    ['ACCESS_ADDRESS_REFUSED', 403, null, null],
    ['ACCESS_LIMIT_REACHED', 429, null, '2'],
    ['ACCESS_CALLBACK_FAILED', 503, null, '2'],
    ['ACCESS_NOT_READY', 503, null, '2'],
  ] as const)('that is refused with %s is answered %i', async (code, status, challenge, retry) => {
    for (const isAsked of [false, true]) {
      const { url, refused } = visits(code, isAsked);
      const answer = await fetch(`${url}/live/news.flv`);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('www-authenticate')).toBe(challenge);
      expect(answer.headers.get('retry-after')).toBe(retry);
      expect(await answer.json()).toMatchObject({ code });
      expect(refused).toEqual([code]);
    }
  });
});
