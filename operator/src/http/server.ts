import type { Socket } from 'node:net';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from 'pino';
import { OperatorError } from '../errors.ts';
import type { LogLevel } from '../log-level.ts';
import { registerApi } from './api.ts';
import { openAuth, type ConsoleAuth } from './auth/console-auth.ts';
import { registerGuard } from './auth/guard.ts';
import { isWithin } from './auth/networks.ts';
import { registerConsole } from './console.ts';
import { refuseOtherSites } from './cross-site.ts';
import { openApi } from './document/openapi.ts';
import { PROBLEM_TYPE, problemOf } from './document/problem.ts';
import { registerLeader, type LeaderUrl } from './leader.ts';
import type { FleetCounts, Metrics } from './metrics.ts';
import { registerPage, type MediaPorts } from './page.ts';
import { Pauses } from './pauses.ts';
import { renderStreamMetrics, type MeasuredStream } from './stream-metrics.ts';
import { redirects } from '../specs/redirect.ts';
import type { ClusterView } from './view.ts';

export interface HttpServerOptions {
  /** Those that are there at the time of the call. */
  readonly clusters: () => readonly ClusterView[];
  readonly metrics: Metrics;
  readonly counts: () => FleetCounts;
  /** Why not; undefined: ready. */
  readonly notReady: () => string | undefined;
  /** Where the page's players find media. */
  readonly mediaPorts: MediaPorts;
  /** Without: this one always leads. */
  readonly leaderUrl?: LeaderUrl | undefined;
  /** Without: everybody may read, nobody may change anything. */
  readonly auth?: ConsoleAuth | undefined;
  readonly log: Logger;
  /** Of this process. */
  readonly logLevel: LogLevel;
}

const MAX_BODY_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** Page, API, health and metrics; not listening yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { clusters, log, leaderUrl = () => undefined } = options;
  const auth = options.auth ?? openAuth('viewer', log);
  const app = Fastify({
    trustProxy: (address) => isWithin(auth.proxies, address),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    // What never comes to a route: an address that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      void sendProblem(request, reply, asOperatorError(error));
    },
    clientErrorHandler: refuseUnreadable,
  });
  app.addHook('onRequest', (request, _reply, done) => {
    done(faultOfQuery(request));
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    // Who sessions belong to is for nobody who uses the browser, or the proxy, next.
    const isOfApi = request.url.startsWith('/api/');
    if (isOfApi && !reply.hasHeader('cache-control'))
      void reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  app.setErrorHandler<FastifyError | Error>((error, request, reply) => {
    const known = asOperatorError(error);
    if (known.code === 'INTERNAL') log.error({ err: error, code: 'INTERNAL' }, 'API failed');
    return sendProblem(request, reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new OperatorError('NOT_FOUND', pathOf(request.url));
    return sendProblem(request, reply, error);
  });
  refuseOtherSites(app);
  registerGuard(app, auth);
  registerLeader(app, leaderUrl, auth);
  registerHealth(app, options);
  registerApi(app, options);
  registerConsole(app, { clusters, auth, hasLeader: () => leaderUrl() !== undefined, log });
  const document = openApi();
  app.get('/api/v1/openapi.json', () => document);
  const isRedirecting = (): boolean =>
    clusters().some(({ resource }) => redirects(resource.spec.service));
  await registerPage(app, { mediaPorts: options.mediaPorts, isRedirecting });
  return app;
}

function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: OperatorError,
): FastifyReply {
  const body = problemOf(error, pathOf(request.url));
  return reply.code(error.httpStatus).type(PROBLEM_TYPE).send(body);
}

/** What came is not HTTP, or too much of it. */
function refuseUnreadable(_error: Error, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problemOf(new OperatorError('REQUEST_INVALID', 'not HTTP'), ''));
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${length}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}

/** Which of the two would count is anybody's guess. */
function faultOfQuery({ query }: FastifyRequest): OperatorError | undefined {
  const twice = Object.entries(query as object).find(([, value]) => Array.isArray(value));
  if (twice === undefined) return undefined;
  return new OperatorError('REQUEST_INVALID', `${twice[0].slice(0, 100)} came twice`);
}

function registerHealth(app: FastifyInstance, options: HttpServerOptions): void {
  const { clusters, metrics, counts, notReady, logLevel } = options;
  app.get('/debug/log-level', () => ({ level: logLevel.level }));
  app.put<{ Querystring: { level?: string } }>('/debug/log-level', ({ query }) => {
    logLevel.become(query.level ?? '');
    return { level: logLevel.level };
  });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const reason = notReady();
    return reply.code(reason === undefined ? 200 : 503).send({ status: reason ?? 'ok' });
  });
  app.get('/metrics', async (_request, reply) => {
    const pauses = new Pauses();
    const text = await metrics.render(clusters(), counts(), pauses);
    return await reply.header('server-timing', pauses.serverTiming()).type(PROMETHEUS).send(text);
  });
  app.get('/metrics/streams', async (_request, reply) => {
    const pauses = new Pauses();
    const text = await renderStreamMetrics(measuredStreams(clusters()), pauses);
    return await reply.header('server-timing', pauses.serverTiming()).type(PROMETHEUS).send(text);
  });
}

function* measuredStreams(clusters: readonly ClusterView[]): Generator<MeasuredStream, void> {
  for (const view of clusters) {
    const { namespace, name: cluster } = view.resource.metadata;
    for (const stream of view.eachStream()) yield { namespace, cluster, stream };
  }
}

/** Fastify's own refusals are the client's fault; the rest is ours. */
function asOperatorError(error: FastifyError | Error): OperatorError {
  if (error instanceof OperatorError) return error;
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status >= 500) return new OperatorError('INTERNAL', undefined, { cause: error });
  return new OperatorError('REQUEST_INVALID', error.message, { cause: error });
}

function pathOf(url: string): string {
  return url.split('?', 1)[0]?.slice(0, 200) ?? '';
}
