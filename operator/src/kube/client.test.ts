import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock, type Clock } from '../clock.ts';
import { scratchFolder } from '../testing/scratch.ts';
import { KubeClient } from './client.ts';
import { listAll } from './list-all.ts';
import { resources } from './resources.ts';
import {
  answer,
  FakeApiServer,
  fakePod,
  podList,
  refuse,
  type Handler,
} from './testing/fake-api-server.ts';
import { FastClock } from './testing/fast-clock.ts';

const { pods } = resources;
const POD = { namespace: 'media', name: 'a' };

let server: FakeApiServer;
let client: KubeClient;
let counted: string[];

beforeEach(async () => {
  server = await FakeApiServer.start((_request, response) => answer(response, fakePod('a')));
  client = newClient(realClock);
});

afterEach(async () => {
  client.close();
  await server.close();
});

function newClient(clock: Clock): KubeClient {
  counted = [];
  return new KubeClient({
    load: server.load,
    version: '0.1.0',
    clock,
    onRequest: (verb, resource, code) => counted.push(`${verb} ${resource} ${code}`),
  });
}

/** Answers in turn, the last one for ever. */
function inTurn(...handlers: readonly Handler[]): void {
  let at = 0;
  server.handler = (request, response) => {
    handlers[Math.min(at, handlers.length - 1)]!(request, response);
    at += 1;
  };
}

describe('KubeClient', () => {
  it('says who it is, in each kind of request', async () => {
    await client.get(pods, POD);
    await client.create(pods, { metadata: POD });
    await client.update(pods, { metadata: { ...POD, resourceVersion: '1' } });
    await client.patch(pods, POD, { metadata: { labels: { a: null } } });
    await client.patch(pods, POD, [{ op: 'remove', path: '/metadata/labels' }]);
    await client.apply(pods, { metadata: POD }, { subresource: 'status' });
    await client.delete(pods, POD, { gracePeriodSeconds: 5, uid: 'u' });
    const strict = 'fieldManager=streamcluster-operator&fieldValidation=Strict';
    expect(
      server.requests.map(({ method, url, headers }) => [
        `${method} ${url.replace('/api/v1/namespaces/media', '')}`,
        headers['content-type'],
      ]),
    ).toEqual([
      ['GET /pods/a', undefined],
      [`POST /pods?${strict}`, 'application/json'],
      [`PUT /pods/a?${strict}`, 'application/json'],
      [`PATCH /pods/a?${strict}`, 'application/merge-patch+json'],
      [`PATCH /pods/a?${strict}`, 'application/json-patch+json'],
      [`PATCH /pods/a/status?${strict}&force=true`, 'application/apply-patch+yaml'],
      ['DELETE /pods/a', 'application/json'],
    ]);
    expect(JSON.parse(server.requests[1]!.body)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: POD,
    });
    expect(JSON.parse(server.requests[6]!.body)).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 5,
      preconditions: { uid: 'u' },
    });
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({
        authorization: 'Bearer secret',
        'user-agent': 'streamcluster-operator/0.1.0',
      });
    }
    expect(counted).toContain('apply pods 200');
  });

  it('keeps its connections', async () => {
    const ports = new Set<unknown>();
    server.handler = (_request, response) => {
      ports.add(response.socket?.remotePort);
      answer(response, fakePod('a'));
    };
    for (let i = 0; i < 5; i += 1) await client.get(pods, POD);
    expect(ports.size).toBe(1);
  });

  it('asks again when a kept connection was just closed', async () => {
    await client.get(pods, POD);
    inTurn(
      (_request, response) => void response.socket?.resetAndDestroy(),
      (_request, response) => answer(response, fakePod('a', '2')),
    );
    await expect(client.get(pods, POD)).resolves.toMatchObject({
      metadata: { resourceVersion: '2' },
    });
    inTurn((_request, response) => void response.socket?.resetAndDestroy());
    await expect(client.create(pods, { metadata: POD })).rejects.toMatchObject({
      reason: 'Unreachable',
    });
    expect(server.count('POST', '')).toBe(1);
  });

  it('waits as long as it is asked to, and not for ever', async () => {
    client.close();
    client = newClient(new FastClock(20));
    const busy: Handler = (_request, response) => {
      response.setHeader('Retry-After', '2');
      refuse(response, 429, 'TooManyRequests');
    };
    inTurn(busy, busy, (_request, response) => answer(response, fakePod('a')));
    const startMs = performance.now();
    await client.create(pods, { metadata: POD });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(190);
    expect(counted).toEqual(['create pods 429', 'create pods 429', 'create pods 200']);
    inTurn(busy);
    await expect(client.get(pods, POD)).rejects.toMatchObject({ code: 429, retryAfterMs: 2_000 });
    expect(counted).toHaveLength(3 + 4);
  });

  it('does not ask again without being asked to', async () => {
    server.handler = (_request, response) => refuse(response, 429, 'TooManyRequests');
    await expect(client.get(pods, POD)).rejects.toMatchObject({ code: 429 });
    server.handler = (_request, response) => refuse(response, 500, 'InternalError');
    await expect(client.get(pods, POD)).rejects.toMatchObject({ code: 500 });
    expect(server.requests).toHaveLength(2);
  });

  it.each<[string, string, Handler]>([
    ['no answer', 'RequestTimeout', () => undefined],
    ['half an answer', 'RequestTimeout', (_, response) => void response.write('{"metadata":')],
    ['a cut answer', 'Unreachable', (_, response) => void response.socket?.destroy()],
    [
      'an answer that is cut in the middle',
      'Unreachable',
      (_, response) => response.write('{', () => response.socket?.destroy()),
    ],
    ['no JSON', 'Malformed', (_, response) => void response.end('<html>')],
    ['no object', 'Malformed', (_, response) => void response.end('{"metadata":{}}')],
  ])('fails on %s', async (_what, reason, handler) => {
    server.handler = handler;
    await expect(client.get(pods, POD, { timeoutMs: 1_500 })).rejects.toMatchObject({
      name: 'KubeError',
      code: 0,
      reason,
    });
  });

  it('fails on an answer without end', async () => {
    const megabyte = Buffer.alloc(1_048_576, 0x20);
    server.handler = (_request, response) => {
      const more = (): void => {
        if (response.write(megabyte)) setImmediate(more);
      };
      response.on('drain', more);
      more();
    };
    await expect(client.get(pods, POD)).rejects.toMatchObject({ reason: 'Malformed' });
  });

  it('fails where nobody listens', async () => {
    await server.close();
    await expect(client.get(pods, POD)).rejects.toMatchObject({ code: 0, reason: 'Unreachable' });
    expect(counted).toEqual(['get pods 0']);
  });

  it('is closed at once, whatever is under way', async () => {
    server.handler = () => undefined;
    const hanging = client.get(pods, POD);
    await sleep(100);
    client.close();
    await expect(hanging).rejects.toMatchObject({ reason: 'Closed' });
    await expect(client.get(pods, POD)).rejects.toMatchObject({ reason: 'Closed' });
  });

  it('lists in one page when a page is too old', async () => {
    const [first, second] = [fakePod('a'), fakePod('b')];
    server.handler = ({ url }, response) => {
      if (url.includes('continue=')) refuse(response, 410, 'Expired');
      else if (url.includes('limit=')) {
        answer(response, { metadata: { resourceVersion: '5', continue: 'x' }, items: [first] });
      } else answer(response, podList([first, second], '6'));
    };
    const { items, resourceVersion } = await listAll(client, pods);
    const type = { apiVersion: 'v1', kind: 'Pod' };
    expect(items).toEqual([
      { ...type, ...first },
      { ...type, ...second },
    ]);
    expect(resourceVersion).toBe('6');
  });
});

describe('credentials', () => {
  it('are a token that is read again when the file changes', async () => {
    using folder = scratchFolder();
    const tokenFile = `${folder.path}/token`;
    writeFileSync(tokenFile, 'first\n');
    const load = async (): Promise<KubeConfig> => {
      const config = await server.load();
      const authProvider = { name: 'tokenFile', config: { tokenFile } };
      config.users = [{ name: 'nobody', authProvider }];
      return config;
    };
    client.close();
    client = new KubeClient({ load, version: '1', clock: realClock });
    await client.get(pods, POD);
    writeFileSync(tokenFile, 'the second\n');
    await client.get(pods, POD);
    const tokens = server.requests.map(({ headers }) => headers.authorization);
    expect(tokens).toEqual(['Bearer first', 'Bearer the second']);
  });

  it('are read anew when the server refuses them, but not all the time', async () => {
    let loads = 0;
    const load = async (): Promise<KubeConfig> => {
      loads += 1;
      const config = await server.load();
      config.users = [{ name: 'nobody', token: `token-${loads}` }];
      return config;
    };
    client.close();
    client = new KubeClient({ load, version: '1', clock: realClock });
    server.handler = ({ headers }, response) => {
      if (headers.authorization === 'Bearer token-2') answer(response, fakePod('a'));
      else refuse(response, 401, 'Unauthorized');
    };
    await expect(client.get(pods, POD)).rejects.toMatchObject({ code: 401 });
    await client.get(pods, POD);
    server.handler = (_request, response) => refuse(response, 401, 'Unauthorized');
    for (let i = 0; i < 20; i += 1) await client.get(pods, POD).catch(() => undefined);
    expect(loads).toBe(2);
  });

  it('that cannot be read are said so', async () => {
    const load = (): Promise<KubeConfig> => {
      const config = new KubeConfig();
      const cluster = { name: 'c', server: 'https://127.0.0.1:1', caFile: '/nowhere/ca.crt' };
      config.loadFromClusterAndUser({ ...cluster, skipTLSVerify: false }, { name: 'u' });
      return Promise.resolve(config);
    };
    client.close();
    client = new KubeClient({ load, version: '1', clock: realClock });
    await expect(client.prepare()).rejects.toMatchObject({
      reason: 'CredentialsUnreadable',
      message: expect.stringContaining('/nowhere/ca.crt') as string,
    });
  });
});
