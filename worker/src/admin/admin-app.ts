import { createServer, type Server } from 'node:http';
import { fastify, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import { CpuProfiler } from './cpu-profile.ts';
import { Pauses } from './pauses.ts';
import { registerStreamLooks, type StreamLooksSource } from './stream-looks.ts';

export interface AdminSource {
  /** Undefined: ready; else a code and why not. */
  readonly notReady: () => { readonly code: string; readonly message: string } | undefined;
  readonly metrics: { readonly contentType: string; render(pauses: Pauses): Promise<string> };
  /** What /debug/loop and /debug/objects show. */
  readonly loop: () => object;
  readonly objects: () => object;
  /** What only grows, for whoever takes differences: looking disturbs nobody. */
  readonly totals: () => object;
  readonly looks: StreamLooksSource;
  /** Whether CPU profiles may be taken. */
  readonly hasProfiles: boolean;
  /** Whose level is changed; it has no children, which would keep theirs. */
  readonly log: Pick<Logger, 'level'>;
}

/** What /debug/log-level takes. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

/**
 * What a worker's own port answers beside relays. /healthz says that the loop
 * turns and nothing else: it must not depend on NATS or the operator.
 */
export async function createAdminApp(source: AdminSource): Promise<Server> {
  let server: Server | undefined;
  const app = fastify({
    serverFactory: (handler) => (server = createServer(handler)),
  });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const fault = source.notReady();
    return fault === undefined
      ? reply.send({ status: 'ready' })
      : reply.code(503).send({ status: 'not ready', ...fault });
  });
  app.get('/metrics', async (_request, reply) => {
    const pauses = new Pauses();
    const text = await source.metrics.render(pauses);
    void reply.header('Content-Type', source.metrics.contentType);
    void reply.header('Server-Timing', pauses.serverTiming());
    return text;
  });
  app.get('/debug/loop', () => source.loop());
  app.get('/debug/objects', () => source.objects());
  app.get('/debug/totals', () => source.totals());
  registerStreamLooks(app, source.looks);
  addLogLevel(app, source);
  if (source.hasProfiles) addProfiles(app);
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: 'STREAM_NOT_FOUND', message: 'no such path' }),
  );
  await app.ready();
  if (server === undefined) throw new Error('fastify made no server');
  return server;
}

/** Until the process ends. */
function addLogLevel(app: FastifyInstance, { log }: AdminSource): void {
  app.get('/debug/log-level', () => ({ level: log.level }));
  app.put<{ Querystring: { level?: string } }>('/debug/log-level', ({ query }, reply) => {
    const { level = '' } = query;
    if (LOG_LEVELS.includes(level)) log.level = level;
    else {
      const message = `level must be one of ${LOG_LEVELS.join(', ')}`;
      return reply.code(400).send({ code: 'HTTP_REQUEST_INVALID', message });
    }
    return reply.send({ level });
  });
}

function addProfiles(app: FastifyInstance): void {
  const profiler = new CpuProfiler();
  app.get<{ Querystring: { seconds?: string } }>('/debug/profile', async (request, reply) => {
    try {
      const profile = await profiler.profile(request.query.seconds);
      void reply.header('Content-Disposition', 'attachment; filename="worker.cpuprofile"');
      return profile;
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      const { code, httpStatus, message } = error;
      return reply.code(httpStatus).send({ code, message });
    }
  });
}
