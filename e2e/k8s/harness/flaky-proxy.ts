import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import YAML from 'yaml';
import { scratchFolder } from '../../src/harness/paths.ts';

/** An answer instead of the API server's. */
export interface Fault {
  readonly code: number;
  readonly reason: string;
  readonly retryAfterSeconds?: number;
  /** Only these; absent: all requests. */
  readonly isMeant?: (method: string, url: string) => boolean;
}

/** Stands before an API server and, when told to, answers in its place. */
export class FlakyProxy {
  fault: Fault | undefined = undefined;
  /** Since the start. */
  requests = 0;
  private readonly server: http.Server;
  private readonly target: URL;
  private readonly agent: https.Agent;
  private readonly folder = scratchFolder('proxy');

  private constructor(server: http.Server, target: string, ca: Buffer) {
    this.server = server;
    this.target = new URL(target);
    this.agent = new https.Agent({ ca, keepAlive: true });
  }

  static async start(target: string, caFile: string): Promise<FlakyProxy> {
    const server = http.createServer();
    const proxy = new FlakyProxy(server, target, fs.readFileSync(caFile));
    server.on('request', (request, response) => proxy.serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The same credentials, the way through the proxy. */
  kubeconfig(original: string): string {
    const { port } = this.server.address() as AddressInfo;
    const config = YAML.parse(fs.readFileSync(original, 'utf8')) as object;
    const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const file = path.join(this.folder, 'kubeconfig');
    const clusters = [{ name: 'test', cluster }];
    fs.writeFileSync(file, YAML.stringify({ ...config, clusters }), { mode: 0o600 });
    return file;
  }

  /** Watches too. */
  cutConnections(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
    this.agent.destroy();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests += 1;
    const { method = '', url = '' } = request;
    const { fault } = this;
    if (fault !== undefined && (fault.isMeant?.(method, url) ?? true)) answer(response, fault);
    else this.pass(request, response);
  }

  private pass(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method, url, headers } = request;
    const { hostname, port } = this.target;
    const upstream = https.request({
      ...{ method, hostname, port, path: url, headers, agent: this.agent },
    });
    upstream.once('response', (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      response.flushHeaders();
      answered.pipe(response);
      answered.once('error', () => response.destroy());
    });
    upstream.once('error', () => response.destroy());
    response.once('close', () => upstream.destroy());
    request.pipe(upstream);
  }
}

function answer(response: http.ServerResponse, { code, reason, retryAfterSeconds }: Fault): void {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  };
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason };
  response
    .writeHead(code, headers)
    .end(JSON.stringify({ ...status, message: `${reason} on purpose` }));
}
