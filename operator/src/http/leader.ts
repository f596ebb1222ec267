import type { FastifyInstance } from 'fastify';

/** The base URL of the operator that leads; undefined: nobody does, or this one. */
export type LeaderUrl = () => string | undefined;

/** Says that a request was passed on, and must not be passed on again. */
const FORWARDED = 'x-streamcluster-forwarded';
const PATIENCE_MS = 2_000;

/**
 * Lets who leads answer: what it decided, and why, is known to nobody else. Where
 * it does not, the answer is what this one knows.
 */
export function registerLeader(app: FastifyInstance, leaderUrl: LeaderUrl): void {
  app.addHook('onRequest', async (request, reply) => {
    const { url, headers } = request;
    const base =
      url.startsWith('/api/') && headers[FORWARDED] === undefined ? leaderUrl() : undefined;
    const answer = base === undefined ? undefined : await ask(base + url).catch(() => undefined);
    if (answer === undefined) return undefined;
    return reply.code(answer.status).type(answer.type).send(answer.body);
  });
}

async function ask(url: string): Promise<{ status: number; type: string; body: Buffer }> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(url, { headers: { [FORWARDED]: 'yes' }, signal });
  const type = response.headers.get('content-type') ?? 'application/json';
  return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) };
}
