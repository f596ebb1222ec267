import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OperatorError } from '../errors.ts';
import type { ConsoleAuth } from './auth/console-auth.ts';
import { DOORS } from './auth/guard.ts';
import { identityOf } from './auth/identity.ts';
import { isReading, OWN_HEADER } from './cross-site.ts';
import { FORWARDED, isForwarded } from './forwarded.ts';

/** The base URL of the operator that leads; undefined: nobody does, or this one. */
export type LeaderUrl = () => string | undefined;

/** For its first byte: pictures and events take as long as they take. */
const PATIENCE_MS = 2_000;
/** What changes something may ask every worker, and some may not answer. */
const CHANGE_PATIENCE_MS = 15_000;
/** The leader believes for so long who this one says that it is. */
const VOUCH_MS = 60_000;
const LOOK_AGAIN_MS = 10_000;
const KEPT_HEADERS = ['content-type', 'cache-control', 'retry-after', 'x-accel-buffering'];

/**
 * Lets who leads answer: what it decided, and why, is known to nobody else. Where
 * it does not, the answer is what this one knows; what changes something is refused.
 */
export function registerLeader(
  app: FastifyInstance,
  leaderUrl: LeaderUrl,
  auth: ConsoleAuth,
): void {
  app.addHook('preHandler', async (request, reply) => {
    const base = isForLeader(request) ? leaderUrl() : undefined;
    if (base === undefined) return undefined;
    const answer = await ask(base, request, auth).catch((error: unknown) => {
      if (isReading(request)) return undefined;
      throw new OperatorError('NO_LEADER', 'it does not answer', { cause: error });
    });
    if (answer === undefined) return undefined;
    for (const name of KEPT_HEADERS) {
      const value = answer.headers.get(name);
      if (value !== null) void reply.header(name, value);
    }
    const { status, body } = answer;
    if (body === null) return reply.code(status).send(null);
    const stream = Readable.fromWeb(body);
    endWithLogin(stream, request, auth);
    return reply.code(status).send(stream);
  });
}

/** Events go on for hours; the leader cannot know whether who follows them still may. */
function endWithLogin(stream: Readable, request: FastifyRequest, auth: ConsoleAuth): void {
  const timer = setInterval(() => {
    if (!auth.isStillIn(request)) stream.destroy();
  }, LOOK_AGAIN_MS).unref();
  stream.on('close', () => clearInterval(timer));
}

function isForLeader(request: FastifyRequest): boolean {
  const route = request.routeOptions.url ?? '';
  return route.startsWith('/api/') && !DOORS.has(route) && !isForwarded(request);
}

/** Who asks was found out here: the leader may not know the proxy, nor see it. */
async function ask(base: string, request: FastifyRequest, auth: ConsoleAuth): Promise<Response> {
  const { url, method, body } = request;
  const vouch = auth.vouch(identityOf(request), VOUCH_MS);
  const abort = new AbortController();
  const patienceMs = isReading(request) ? PATIENCE_MS : CHANGE_PATIENCE_MS;
  const timer = setTimeout(() => abort.abort(), patienceMs);
  try {
    return await fetch(base + url, {
      method,
      headers: {
        [FORWARDED]: 'yes',
        [OWN_HEADER]: 'forwarded',
        ...(vouch !== '' && { authorization: `Bearer ${vouch}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: abort.signal,
    });
  } finally {
    clearTimeout(timer);
  }
}
