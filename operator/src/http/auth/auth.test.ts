import { createHash, hkdfSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveViews } from '../testing/serve.ts';
import { TestCluster } from '../testing/cluster-view.ts';
import { ConsoleAuth, openAuth } from './console-auth.ts';
import type { AuthFlags } from './flags.ts';
import { OWN_HEADER } from '../cross-site.ts';
import type { Role } from './identity.ts';
import { networksOf } from './networks.ts';
import { signSession } from './session-token.ts';

const ADMIN = 'admin-token-0123456789';
const VIEWER = 'viewer-token-0123456789';
const REPLICAS = '/api/v1/clusters/default/test/replicas';
const INSTALLATION = Buffer.alloc(32, 7);
const log = pino({ level: 'silent' });

describe('who may see and do what', () => {
  let folder: string;
  let app: FastifyInstance;
  let cluster: TestCluster;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'console-auth-'));
    writeFileSync(path.join(folder, 'admin'), `${ADMIN}\nanother-${ADMIN}\n`);
    writeFileSync(path.join(folder, 'viewer'), `${VIEWER}\n`);
    cluster = new TestCluster('{fixed: {replicas: 2}}');
  });
  afterEach(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  async function serve(more: Partial<AuthFlags> = {}): Promise<void> {
    const flags: AuthFlags = {
      consoleAuthDir: folder,
      consoleTrustedProxies: networksOf([]),
      consoleUserHeader: undefined,
      consoleGroupHeader: undefined,
      consoleAdminGroups: [],
      consoleViewerGroups: [],
      consoleMetricsOpen: true,
      ...more,
    };
    const installationKey = (): Buffer => INSTALLATION;
    await serveWith(new ConsoleAuth({ flags, openRole: 'viewer', installationKey, log }));
  }

  async function serveWith(auth: ConsoleAuth): Promise<void> {
    app = await serveViews(() => [cluster.view()], auth);
  }

  async function status(url: string, more: InjectOptions = {}): Promise<string> {
    const answer = await app.inject({ url, ...more });
    const { code } =
      answer.headers['content-type']?.includes('json') === true
        ? answer.json<{ code?: string }>()
        : { code: undefined };
    return code === undefined ? String(answer.statusCode) : `${answer.statusCode} ${code}`;
  }

  const bearer = (token: string): InjectOptions => ({
    headers: { authorization: `Bearer ${token}` },
  });
  const scale = (headers: Record<string, string>, replicas = 3): InjectOptions => ({
    ...{ method: 'PUT', payload: { replicas } },
    headers: { host: 'console.example', [OWN_HEADER]: 'test', ...headers },
  });

  async function logIn(token: string, more: InjectOptions = {}): Promise<string> {
    const answer = await app.inject({
      ...{ method: 'POST', url: '/api/v1/login', payload: { token } },
      headers: { [OWN_HEADER]: 'test' },
      ...more,
    });
    expect(answer.statusCode).toBe(200);
    return String(answer.headers['set-cookie']);
  }

  it('asks for a login, and leaves health, metrics and the page open', async () => {
    await serve();
    expect(await status('/api/v1/clusters')).toBe('401 LOGIN_REQUIRED');
    expect(await status('/api/v1/events?topics=clusters')).toBe('401 LOGIN_REQUIRED');
    expect(await status('/%61pi/v1/clusters')).toBe('401 LOGIN_REQUIRED');
    for (const url of ['/healthz', '/readyz', '/metrics', '/metrics/streams', '/', '/app.js']) {
      expect(await status(url), url).toBe('200');
    }
    expect((await app.inject('/api/v1/session')).json()).toMatchObject({
      ...{ hasLogin: true, role: null },
    });
  });

  it('can close metrics', async () => {
    await serve({ consoleMetricsOpen: false });
    expect(await status('/metrics')).toBe('401 LOGIN_REQUIRED');
    expect(await status('/metrics/streams')).toBe('401 LOGIN_REQUIRED');
    expect(await status('/metrics', bearer(VIEWER))).toBe('200');
    expect(await status('/healthz')).toBe('200');
  });

  it('lets tokens in as bearers: a viewer reads, an admin changes things', async () => {
    await serve();
    expect(await status('/api/v1/clusters', bearer(VIEWER))).toBe('200');
    expect(await status('/api/v1/clusters', { headers: { 'x-streamcluster-token': VIEWER } })).toBe(
      '200',
    );
    const asViewer = scale({ authorization: `Bearer ${VIEWER}` });
    expect(await status(REPLICAS, asViewer)).toBe('403 ROLE_INSUFFICIENT');
    expect(cluster.runtime.resource().resource.spec.fixed?.replicas).toBe(2);
    for (const [index, token] of [ADMIN, `another-${ADMIN}`].entries()) {
      const asAdmin = scale({ authorization: `Bearer ${token}` }, 5 + index);
      expect(await status(REPLICAS, asAdmin)).toBe('204');
      expect(cluster.runtime.resource().resource.spec.fixed?.replicas).toBe(5 + index);
    }
  });

  it('gives a cookie that no script and no other site gets at', async () => {
    await serve();
    const cookie = await logIn(ADMIN);
    expect(cookie).toMatch(/^streamcluster_console=[\w-]+\.[\w-]+; HttpOnly; SameSite=Strict$/);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    expect((await app.inject({ url: '/api/v1/session', headers })).json()).toMatchObject({
      ...{ role: 'admin', by: 'cookie' },
    });
    expect(await status('/api/v1/clusters', { headers })).toBe('200');
    const out = await app.inject({
      ...{ method: 'POST', url: '/api/v1/logout' },
      headers: { ...headers, [OWN_HEADER]: 'test' },
    });
    expect(out.headers['set-cookie']).toContain('Max-Age=0');
  });

  it('refuses cookies that it did not sign, that were changed, and those of tokens that are gone', async () => {
    await serve();
    const cookie = (await logIn(VIEWER)).split(';')[0] ?? '';
    const [body = '', mac = ''] = cookie.split('=')[1]?.split('.') ?? [];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const raised = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
    const old = Buffer.from(JSON.stringify({ ...claims, expiresUnixMs: 1 })).toString('base64url');
    for (const forged of [
      `${raised}.${mac}`,
      `${old}.${mac}`,
      `${body}.`,
      body,
      '.',
      `${body}.${mac}.x`,
    ]) {
      const headers = { cookie: `streamcluster_console=${forged}` };
      expect(await status('/api/v1/clusters', { headers }), forged).toBe('401 LOGIN_REQUIRED');
    }
    writeFileSync(path.join(folder, 'viewer'), 'a-new-token-of-viewers\n');
    await app.close();
    await serve();
    expect(await status('/api/v1/clusters', { headers: { cookie } })).toBe('401 LOGIN_REQUIRED');
  });

  it('takes nothing that somebody signed himself who has all tokens, but not the key', async () => {
    rmSync(path.join(folder, 'admin'));
    await serve();
    const all = `viewer:${VIEWER}`;
    const claims = { name: 'eve', role: 'admin', expiresUnixMs: Date.now() + 60_000 } as const;
    const guesses = [
      hkdfSync('sha256', all, '', 'streamcluster session', 32),
      hkdfSync(
        'sha256',
        '',
        createHash('sha256').update(all).digest(),
        'streamcluster session',
        32,
      ),
    ];
    for (const guess of guesses) {
      const forged = signSession(claims, Buffer.from(guess));
      const headers = { cookie: `streamcluster_console=${forged}` };
      expect(await status(REPLICAS, scale(headers))).toBe('401 LOGIN_REQUIRED');
      const asBearer = scale({ authorization: `Bearer ${forged}` });
      expect(await status(REPLICAS, asBearer)).toBe('401 LOGIN_REFUSED');
    }
    expect(await status('/api/v1/clusters', bearer(VIEWER))).toBe('200');
  });

  it('gives no cookie before it knows what to sign it by', async () => {
    const flags = { ...NO_PROXY, consoleAuthDir: folder };
    const installationKey = (): undefined => undefined;
    await serveWith(new ConsoleAuth({ flags, openRole: 'viewer', installationKey, log }));
    const login = { method: 'POST', payload: { token: ADMIN } } as const;
    const headers = { [OWN_HEADER]: 'test' };
    expect(await status('/api/v1/login', { ...login, headers })).toBe('503 KUBERNETES_UNREACHABLE');
    expect(await status('/api/v1/clusters', bearer(ADMIN))).toBe('200');
  });

  it.each([
    ['the same origin', { origin: 'http://console.example' }, '204'],
    ['the same origin, as browsers say it', { 'sec-fetch-site': 'same-origin' }, '204'],
    ['another site', { origin: 'http://evil.example' }, '403 REQUEST_CROSS_SITE'],
    ['another port', { origin: 'http://console.example:81' }, '403 REQUEST_CROSS_SITE'],
    ['a sandboxed frame', { origin: 'null' }, '403 REQUEST_CROSS_SITE'],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }, '403 REQUEST_CROSS_SITE'],
    [
      'another site that names us',
      { origin: 'http://console.example', 'sec-fetch-site': 'cross-site' },
      '403 REQUEST_CROSS_SITE',
    ],
    ['a program', {}, '204'],
  ])('with a cookie, lets changes of %s through or not', async (_who, headers, wanted) => {
    await serve();
    const cookie = (await logIn(ADMIN)).split(';')[0] ?? '';
    expect(await status(REPLICAS, scale({ ...headers, cookie }))).toBe(wanted);
    expect(cluster.runtime.resource().resource.spec.fixed?.replicas).toBe(wanted === '204' ? 3 : 2);
  });

  it('refuses another site that would log us in', async () => {
    await serve();
    const login = { method: 'POST', payload: { token: ADMIN } } as const;
    const bare = await status('/api/v1/login', login);
    expect(bare).toBe('403 REQUEST_CROSS_SITE');
    const headers = { origin: 'http://evil.example', [OWN_HEADER]: 'test' };
    expect(await status('/api/v1/login', { ...login, headers })).toBe('403 REQUEST_CROSS_SITE');
  });

  it('bounds wrong tokens by address, and holds up nobody else: 10,000 of them', async () => {
    await serve({ consoleTrustedProxies: networksOf(['127.0.0.1']) });
    const from = (address: string, token: string): InjectOptions => ({
      ...{ method: 'POST', payload: { token } },
      headers: { 'x-forwarded-for': address, [OWN_HEADER]: 'test' },
    });
    const answers = new Map<string, number>();
    for (let one = 0; one < 10_000; one += 1) {
      const address = one < 5_000 ? '10.0.0.1' : `10.1.${(one >> 8) & 255}.${one & 255}`;
      const answer = await status('/api/v1/login', from(address, `wrong-token-${one}`));
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    expect(Object.fromEntries(answers)).toEqual({
      '401 LOGIN_REFUSED': 5_010,
      '429 LOGIN_LIMITED': 4_990,
    });
    expect(await status('/api/v1/login', from('10.9.9.9', ADMIN))).toBe('200');
  }, 60_000);

  it('holds up who guessed, also with the right token, for a minute', async () => {
    await serve();
    for (let one = 0; one < 10; one += 1) {
      expect(await status('/api/v1/clusters', bearer(`wrong-${one}`))).toBe('401 LOGIN_REFUSED');
    }
    expect(await status('/api/v1/clusters', bearer(ADMIN))).toBe('429 LOGIN_LIMITED');
  });

  it('believes a proxy that it trusts, by user and group', async () => {
    await serve({
      consoleTrustedProxies: networksOf(['127.0.0.0/8']),
      consoleUserHeader: 'X-Auth-Request-Email',
      consoleGroupHeader: 'X-Auth-Request-Groups',
      consoleAdminGroups: ['video-admins'],
      consoleViewerGroups: ['staff'],
    });
    const as = (groups: string): Record<string, string> => ({
      'x-auth-request-email': 'ann@example.org',
      'x-auth-request-groups': groups,
    });
    const origin = 'http://console.example';
    expect(await status(REPLICAS, scale({ ...as('staff, video-admins'), origin }))).toBe('204');
    expect(await status(REPLICAS, scale({ ...as('staff'), origin }))).toBe('403 ROLE_INSUFFICIENT');
    expect(await status('/api/v1/clusters', { headers: as('staff') })).toBe('200');
    expect(await status('/api/v1/clusters', { headers: as('guests') })).toBe(
      '403 ROLE_INSUFFICIENT',
    );
    expect(
      (await app.inject({ url: '/api/v1/session', headers: as('staff') })).json(),
    ).toMatchObject({
      ...{ name: 'ann@example.org', role: 'viewer', by: 'proxy' },
    });
  });

  it('does not believe those headers of anybody else', async () => {
    await serve({
      consoleTrustedProxies: networksOf(['10.0.0.0/8']),
      consoleUserHeader: 'x-user',
      consoleAdminGroups: ['a'],
      consoleGroupHeader: 'x-groups',
    });
    const headers = { 'x-user': 'eve', 'x-groups': 'a', 'x-forwarded-for': '10.0.0.1' };
    expect(await status('/api/v1/clusters', { headers })).toBe('401 LOGIN_REQUIRED');
  });

  it.each<[Role, string, string]>([
    ['admin', '127.0.0.1:8088', '204'],
    ['admin', 'localhost:8088', '204'],
    ['admin', '[::1]:8088', '204'],
    ['admin', 'rebound.example:8088', '403 REQUEST_CROSS_SITE'],
    ['viewer', '127.0.0.1:8088', '403 ROLE_INSUFFICIENT'],
  ])('without a login, as %s at %s', async (role, host, wanted) => {
    await serveWith(openAuth(role, log));
    expect(await status(REPLICAS, scale({ host, origin: `http://${host}` }))).toBe(wanted);
    const isRebound = host.startsWith('rebound');
    const shown = isRebound ? '403 REQUEST_CROSS_SITE' : '200';
    expect(await status('/api/v1/clusters', { headers: { host } })).toBe(shown);
    expect(await status('/api/v1/clusters')).toBe('200');
  });

  it('leaves sessions to who reaches the port where there is no login, and to admins else', async () => {
    const kick = '/api/v1/clusters/default/test/streams/live/news/sessions/AAAAAAAAAAAAAAAA';
    const remove = { method: 'DELETE', headers: { [OWN_HEADER]: 'test' } } as const;
    await serveWith(openAuth('viewer', log));
    expect(await status(kick, remove)).toBe('404 NOT_FOUND');
    // A page under a name that its owner pointed here.
    for (const browser of [
      { origin: 'http://rebound.example' },
      { 'sec-fetch-site': 'same-origin' },
    ]) {
      const headers = { ...remove.headers, host: 'rebound.example', ...browser };
      expect(await status(kick, { ...remove, headers })).toBe('403 REQUEST_CROSS_SITE');
    }
    await app.close();
    await serve();
    expect(await status(kick, remove)).toBe('401 LOGIN_REQUIRED');
    const as = (token: string): InjectOptions => ({
      ...remove,
      headers: { ...remove.headers, authorization: `Bearer ${token}` },
    });
    expect(await status(kick, as(VIEWER))).toBe('403 ROLE_INSUFFICIENT');
    expect(await status(kick, as(ADMIN))).toBe('404 NOT_FOUND');
    expect(await status('/debug/log-level')).toBe('401 LOGIN_REQUIRED');
  });

  it('starts with no tokens that can be guessed', () => {
    app = { close: () => Promise.resolve() } as FastifyInstance;
    for (const [file, text] of [
      ['admin', 'short'],
      ['admin', ''],
    ] as const) {
      writeFileSync(path.join(folder, file), text);
      writeFileSync(path.join(folder, 'viewer'), '');
      const flags = { ...NO_PROXY, consoleAuthDir: folder };
      expect(() => new ConsoleAuth({ flags, openRole: 'viewer', log })).toThrow(
        expect.objectContaining({ code: 'CONSOLE_AUTH_INVALID' }),
      );
    }
  });
});

const NO_PROXY: AuthFlags = {
  consoleAuthDir: undefined,
  consoleTrustedProxies: networksOf([]),
  consoleUserHeader: undefined,
  consoleGroupHeader: undefined,
  consoleAdminGroups: [],
  consoleViewerGroups: [],
  consoleMetricsOpen: true,
};
