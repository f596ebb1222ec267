import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OperatorError } from '../errors.ts';
import { isReading, OWN_HEADER } from './cross-site.ts';

/** The base URL of the operator that leads; undefined: nobody does, or this one. */
export type LeaderUrl = () => string | undefined;

/** Says that a request was passed on, and must not be passed on again. */
const FORWARDED = 'x-streamcluster-forwarded';
const PATIENCE_MS = 2_000;
/** What changes something asks every worker, and some may not answer. */
const CHANGE_PATIENCE_MS = 15_000;

/**
 * Lets who leads answer: what it decided, and why, is known to nobody else. Where
 * it does not, the answer is what this one knows; what changes something is refused.
 */
export function registerLeader(app: FastifyInstance, leaderUrl: LeaderUrl): void {
  app.addHook('onRequest', async (request, reply) => {
    const { url, headers } = request;
    const base =
      url.startsWith('/api/') && headers[FORWARDED] === undefined ? leaderUrl() : undefined;
    if (base === undefined) return undefined;
    const answer = await ask(base + url, request).catch((error: unknown) => {
      if (isReading(request)) return undefined;
      throw new OperatorError('NO_LEADER', 'it does not answer', { cause: error });
    });
    if (answer === undefined) return undefined;
    return reply.code(answer.status).type(answer.type).send(answer.body);
  });
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** Without the body, which nothing has here; it was looked at whose page it came from. */
async function ask(url: string, request: FastifyRequest): Promise<Answer> {
  const { method } = request;
  const signal = AbortSignal.timeout(isReading(request) ? PATIENCE_MS : CHANGE_PATIENCE_MS);
  const headers = { [FORWARDED]: 'yes', [OWN_HEADER]: 'forwarded' };
  const response = await fetch(url, { method, headers, signal });
  const type = response.headers.get('content-type') ?? 'application/json';
  return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) };
}
