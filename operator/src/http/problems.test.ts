import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OWN_HEADER } from './cross-site.ts';
import { problem, PROBLEM_TYPE } from './document/problem.ts';
import { serveViews } from './testing/serve.ts';
import { TestCluster } from './testing/cluster-view.ts';

const BASE = '/api/v1/clusters/default/test';
const OWN = { [OWN_HEADER]: 'test' };
const JSON_TYPE = { ...OWN, 'content-type': 'application/json' };
const PUT: InjectOptions = { method: 'PUT', headers: JSON_TYPE };

/** What a client may do wrong, and the answer. */
const FAULTS: readonly [string, InjectOptions, number, string][] = [
  ['an address that cannot be decoded', { url: '/api/v1/%zz' }, 400, 'REQUEST_INVALID'],
  ['half a character', { url: `${BASE}/streams/live/%E0%A4%A` }, 400, 'REQUEST_INVALID'],
  ['a path that is not there', { url: '/api/v1/nothing' }, 404, 'NOT_FOUND'],
  ['a name that is too long', { url: `${BASE}/streams/live/${'n'.repeat(300)}` }, 404, 'NOT_FOUND'],
  ['a name with a slash', { url: `${BASE}/streams/live/a%2Fb` }, 404, 'NOT_FOUND'],
  ['names that climb', { url: `${BASE}/streams/%2E%2E/%2E%2E/ring` }, 404, 'NOT_FOUND'],
  ['a method that nothing has', { url: BASE, method: 'PATCH', headers: OWN }, 404, 'NOT_FOUND'],
  ['topics twice', { url: '/api/v1/events?topics=a&topics=b' }, 400, 'REQUEST_INVALID'],
  ['a limit twice', { url: `${BASE}/streams?limit=1&limit=2` }, 400, 'REQUEST_INVALID'],
  ['a page twice', { url: `${BASE}/sessions?page=a&page=b` }, 400, 'REQUEST_INVALID'],
  ['a level twice', { ...PUT, url: '/debug/log-level?level=a&level=b' }, 400, 'REQUEST_INVALID'],
  ['a huge limit', { url: `${BASE}/streams?limit=99999999999` }, 400, 'REQUEST_INVALID'],
  ['no number', { url: `${BASE}/sessions?limit=ten` }, 400, 'REQUEST_INVALID'],
  [
    'no JSON',
    { ...PUT, method: 'POST', url: '/api/v1/login', payload: '{' },
    400,
    'REQUEST_INVALID',
  ],
  [
    'another type',
    { ...PUT, headers: { ...OWN, 'content-type': 'text/xml' }, url: BASE, payload: '<a/>' },
    ...([404, 'NOT_FOUND'] as const),
  ],
  [
    'a form',
    {
      ...{ method: 'POST', url: '/api/v1/login', payload: 'token=x' },
      headers: { ...OWN, 'content-type': 'application/x-www-form-urlencoded' },
    },
    ...([400, 'REQUEST_INVALID'] as const),
  ],
  [
    'a body that is too large',
    { ...PUT, method: 'POST', url: '/api/v1/login', payload: `"${'x'.repeat(20_000)}"` },
    ...([400, 'REQUEST_INVALID'] as const),
  ],
];

describe('errors are problem documents', () => {
  let app: FastifyInstance;

  beforeEach(async () => {
    const cluster = new TestCluster('{fixed: {replicas: 1}}');
    app = await serveViews(() => [cluster.view()]);
  });
  afterEach(() => app.close());

  it.each(FAULTS)('for %s', async (_what, request, status, code) => {
    const answer = await app.inject(request);
    expect(answer.headers['content-type']).toContain(PROBLEM_TYPE);
    expect(problem.parse(answer.json())).toMatchObject({ status, code });
    expect(answer.statusCode).toBe(status);
  });

  it.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2f..%2f..%2fpackage.json',
    '/css/%2e%2e%2f%2e%2e%2fmod.ts',
    '/vendor/..%2fmod.ts',
    '/vendor/constructor',
    '/%00',
  ])('for a file that is not of the page: %s', async (url) => {
    const answer = await app.inject(url);
    expect([400, 403, 404]).toContain(answer.statusCode);
    expect(problem.safeParse(answer.json()).error).toBeUndefined();
  });

  it('are kept by nobody, like everything of the API', async () => {
    for (const url of ['/api/v1/clusters', '/api/v1/nothing', `${BASE}/sessions`]) {
      expect((await app.inject(url)).headers['cache-control']).toBe('no-store');
    }
  });

  it.each([
    ['no HTTP', '\u0016\u0003\u0001\r\n\r\n'],
    ['a head without an end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('for %s', async (_what, request) => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(request);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toContain('400 Bad Request');
    expect(head).toContain(PROBLEM_TYPE);
    expect(problem.parse(JSON.parse(body))).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });
});
