import { PassThrough } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { openAuth, type ConsoleAuth } from './auth/console-auth.ts';
import { registerLeader } from './leader.ts';

async function operator(
  name: string,
  leaderUrl: () => string | undefined,
): Promise<FastifyInstance> {
  const app = Fastify();
  const auth = openAuth('viewer', pino({ level: 'silent' }));
  registerLeader(app, leaderUrl, auth);
  app.decorate('auth', auth);
  app.get('/api/v1/clusters', (_request, reply) => reply.code(200).send({ from: name }));
  app.get('/api/v1/missing', (_request, reply) => reply.code(404).send({ from: name }));
  app.put('/api/v1/things', (request, reply) =>
    reply.code(201).send({ from: name, was: request.body }),
  );
  app.get('/api/v1/lasting', async (_request, reply) => {
    const events = new PassThrough();
    events.write('one');
    return await reply.type('text/event-stream').send(events);
  });
  app.get('/api/v1/session', () => ({ from: name }));
  app.delete('/api/v1/thing', ({ query }) => ({ from: name, query }));
  app.get('/metrics', () => name);
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app;
}

function urlOf(app: FastifyInstance): string {
  const address = app.server.address();
  return typeof address === 'object' ? `http://127.0.0.1:${address?.port ?? 0}` : '';
}

describe('registerLeader', () => {
  let leader: FastifyInstance;
  let other: FastifyInstance;
  let leaderUrl: string | undefined;

  beforeEach(async () => {
    other = await operator('other', () => leaderUrl);
    // It has not noticed yet that it leads.
    leader = await operator('leader', () => urlOf(other));
    leaderUrl = urlOf(leader);
  });
  afterEach(async () => {
    await Promise.all([leader.close(), other.close()]);
  });

  it('lets who leads answer, as it does, and not in a circle', async () => {
    expect((await other.inject('/api/v1/clusters?x=1')).json()).toEqual({ from: 'leader' });
    const missing = await other.inject('/api/v1/missing');
    expect([missing.statusCode, missing.json()]).toEqual([404, { from: 'leader' }]);
  });

  it('passes on what is to be changed, with what it is to be', async () => {
    const put = { method: 'PUT', url: '/api/v1/things', payload: { a: 1 } } as const;
    const answer = await other.inject(put);
    expect([answer.statusCode, answer.json()]).toEqual([201, { from: 'leader', was: { a: 1 } }]);
  });

  it('ends what lasts when who follows it has no right to it any more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const auth = other.getDecorator<ConsoleAuth>('auth');
    const answer = await fetch(`${urlOf(other)}/api/v1/lasting`);
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('one');
    const next = reader.read();
    vi.advanceTimersByTime(10_000);
    vi.spyOn(auth, 'isStillIn').mockReturnValue(false);
    vi.advanceTimersByTime(10_000);
    expect(await next).toMatchObject({ done: true });
    vi.useRealTimers();
  });

  it('says itself who somebody is', async () => {
    expect((await other.inject('/api/v1/session')).json()).toEqual({ from: 'other' });
  });

  it('answers by itself what is only its own', async () => {
    expect((await other.inject('/metrics')).body).toBe('other');
  });

  it('lets who leads change things, and nobody else where it does not answer', async () => {
    const request = { method: 'DELETE', url: '/api/v1/thing?x=1' } as const;
    expect((await other.inject(request)).json()).toEqual({ from: 'leader', query: { x: '1' } });
    leaderUrl = 'http://127.0.0.1:1';
    const refused = await other.inject(request);
    expect([refused.statusCode, refused.json()]).toMatchObject([500, { code: 'NO_LEADER' }]);
    leaderUrl = undefined;
    expect((await other.inject(request)).json()).toMatchObject({ from: 'other' });
  });

  it('answers by itself where nobody leads, or does not answer', async () => {
    leaderUrl = undefined;
    expect((await other.inject('/api/v1/clusters')).json()).toEqual({ from: 'other' });
    leaderUrl = 'http://127.0.0.1:1';
    expect((await other.inject('/api/v1/clusters')).json()).toEqual({ from: 'other' });
  });
});
