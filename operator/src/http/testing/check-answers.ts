import type { FastifyInstance } from 'fastify';
import { CALLS } from '../document/calls.ts';
import { problem } from '../document/problem.ts';

/** Has every answer of the API compared with its document. What does not fit is what the
 * caller gets, as an error. */
export function checkAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { url } = request.routeOptions;
    if (typeof payload !== 'string' || !request.url.startsWith('/api/')) return payload;
    const call = CALLS.find(({ method, path }) => method === request.method && path === url);
    const schema = reply.statusCode < 300 ? call?.answer : problem;
    const fault = schema?.safeParse(JSON.parse(payload)).error;
    if (fault !== undefined) {
      void reply.code(599);
      return await Promise.resolve(JSON.stringify(fault.issues));
    }
    return payload;
  });
}
