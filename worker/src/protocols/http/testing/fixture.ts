import http from 'node:http';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { client, testEngine, until, type Client } from '../../../engine/testing/fixture.ts';
import type { Engine } from '../../../engine/engine.ts';
import { ManualClock } from '../../../stream/clock.ts';
import type { HttpLimits } from '../deadline.ts';
import type { ForwarderTrust } from '../context.ts';
import type { MediaRoute } from '../media-route.ts';
import { HttpServer } from '../server.ts';

export interface Served {
  readonly engine: Engine;
  readonly server: HttpServer;
  readonly clock: ManualClock;
  /** Codes of what was refused. */
  readonly refused: string[];
  readonly port: number;
  readonly url: string;
}

export interface ServeOptions {
  readonly routes: (engine: Engine, counters: { count(reason: string): void }) => MediaRoute[];
  readonly fallback?: http.RequestListener | http.Server;
  readonly limits?: Partial<HttpLimits>;
  readonly shedShare?: () => number;
  readonly trust?: ForwarderTrust;
}

export const quietLog = pino({ level: 'silent' });

/** The transport on a real engine and a free port, with a clock that stands. */
export function serveHttp(options: ServeOptions): Served {
  const engine = testEngine();
  const clock = new ManualClock();
  const refused: string[] = [];
  const counters = { count: (reason: string) => void refused.push(reason) };
  const server = new HttpServer({
    engine,
    log: quietLog,
    counters,
    routes: options.routes(engine, counters),
    fallback: fallbackOf(options.fallback ?? echo),
    hosts: ['127.0.0.1'],
    port: 0,
    reusePort: false,
    paced: false,
    clock,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.shedShare === undefined ? {} : { shedShare: options.shedShare }),
    ...(options.trust === undefined ? {} : { trust: options.trust }),
  });
  server.start();
  onTestFinished(() => server.close());
  const { port } = server;
  return { engine, server, clock, refused, port, url: `http://127.0.0.1:${port}` };
}

function fallbackOf(fallback: http.RequestListener | http.Server): http.Server {
  return fallback instanceof http.Server ? fallback : http.createServer(fallback);
}

/** What Node's server answers in tests: method, path and body come back. */
function echo(request: http.IncomingMessage, response: http.ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    response.end(`node ${request.method ?? ''} ${request.url ?? ''} ${body}`);
  });
}

/** A socket that speaks bytes; `text()` is all that came back. */
export interface RawClient extends Client {
  text(): string;
  send(text: string): void;
  /** Resolves once the answers contain the text so many times. */
  saw(text: string, times?: number): Promise<void>;
  closed(): Promise<void>;
}

export function rawClient(port: number): RawClient {
  const raw = client(port);
  let isClosed = false;
  raw.socket.on('close', () => (isClosed = true));
  const text = (): string => raw.bytes().toString('latin1');
  return {
    ...raw,
    text,
    send: (bytes) => void raw.socket.write(bytes, 'latin1'),
    saw: (wanted, times = 1) => until(wanted, () => text().split(wanted).length > times),
    closed: () => until('closed', () => isClosed),
  };
}
