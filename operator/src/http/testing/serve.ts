import type { FastifyInstance } from 'fastify';
import { pino, type Logger } from 'pino';
import { LogLevel } from '../../log-level.ts';
import type { ConsoleAuth } from '../auth/console-auth.ts';
import { Metrics } from '../metrics.ts';
import { createHttpServer } from '../server.ts';
import type { ClusterView } from '../view.ts';
import { checkAnswers } from './check-answers.ts';

/** A log that says nothing, and its level. */
export function silence(): { log: Logger; logLevel: LogLevel } {
  const log = pino({ level: 'silent' });
  return { log, logLevel: new LogLevel(log) };
}

/** An HTTP server that is ready and connected; not listening yet. */
export async function serveViews(
  clusters: () => readonly ClusterView[],
  auth?: ConsoleAuth,
): Promise<FastifyInstance> {
  const app = await createHttpServer({
    clusters,
    metrics: new Metrics(),
    counts: () => ({ reportsReceived: 0, reportsRefused: 0, isBusConnected: true }),
    notReady: () => undefined,
    auth,
    mediaPorts: { http: 8080, https: 8443 },
    ...silence(),
  });
  checkAnswers(app);
  return app;
}
