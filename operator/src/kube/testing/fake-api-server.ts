import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { LoadKubeConfig } from '../kube-config.ts';

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Handler = (request: SeenRequest, response: http.ServerResponse) => void;

/**
 * HTTP that misbehaves as API servers, and proxies before them, can. For what a
 * real one does, there is a real one.
 */
export class FakeApiServer {
  readonly requests: SeenRequest[] = [];
  readonly port: number;
  handler: Handler;
  private readonly server: http.Server;

  private constructor(server: http.Server, handler: Handler) {
    this.server = server;
    this.handler = handler;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(handler: Handler): Promise<FakeApiServer> {
    const server = http.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const fake = new FakeApiServer(server, handler);
    server.on('request', (request, response) => void fake.serve(request, response));
    return fake;
  }

  /** Credentials of nobody. Plain HTTP needs the switch. */
  get load(): LoadKubeConfig {
    const cluster = {
      name: 'fake',
      server: `http://127.0.0.1:${this.port}`,
      skipTLSVerify: true,
    };
    return () => {
      const config = new KubeConfig();
      config.loadFromClusterAndUser(cluster, { name: 'nobody', token: 'secret' });
      return Promise.resolve(config);
    };
  }

  count(method: string, part: string): number {
    return this.requests.filter((one) => one.method === method && one.url.includes(part)).length;
  }

  cutConnections(): void {
    this.server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close').catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
    this.requests.push(seen);
    response.setHeader('Content-Type', 'application/json');
    this.handler(seen, response);
  }
}

export function isWatch({ url }: SeenRequest): boolean {
  return url.includes('watch=true');
}

/** Answers a Status, as the API server refuses. */
export function refuse(
  response: http.ServerResponse,
  code: number,
  reason: string,
  message = reason,
): void {
  response.statusCode = code;
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message }));
}

export function answer(response: http.ServerResponse, value: unknown): void {
  response.end(JSON.stringify(value));
}

export interface FakePod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export function fakePod(name: string, resourceVersion = '1', namespace = 'media'): FakePod {
  return { metadata: { name, namespace, uid: `uid-${name}`, resourceVersion } };
}

export function podList(items: readonly FakePod[], resourceVersion: string): unknown {
  return { kind: 'PodList', metadata: { resourceVersion }, items };
}

export function eventLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
