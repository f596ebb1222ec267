import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string;
  readonly contentType: string;
  /** Who says that it is no page of another site. */
  readonly ownHeader: string;
  /** For the operator, beside the API server's. */
  readonly operatorToken: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const TOKEN = 'users-own-token';

/**
 * Answers by path what it was told to, with anything else 404 as the API server
 * does. It has no semantics: those are tested on a real one.
 */
export class FakeApi {
  readonly seen: SeenRequest[] = [];
  readonly answers = new Map<string, unknown>();
  private readonly server: Server;
  private readonly folder: string;
  readonly kubeconfig: string;

  private constructor(server: Server) {
    this.server = server;
    this.folder = mkdtempSync(path.join(tmpdir(), 'streamcluster-plugin-'));
    this.kubeconfig = path.join(this.folder, 'kubeconfig');
    writeFileSync(this.kubeconfig, kubeconfigOf((server.address() as AddressInfo).port));
    server.on('request', (request, response) => void this.handle(request, response));
  }

  static async start(): Promise<FakeApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeApi(server);
  }

  /** The kubeconfig stays. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true });
    await this.stop();
  }

  /** A path without query; an Answer tells the status, anything else is a body. */
  answer(path_: string, body: unknown): void {
    this.answers.set(path_, body);
  }

  list(path_: string, items: readonly unknown[]): void {
    this.answer(path_, { items });
  }

  refuse(path_: string, status: number, message: string): void {
    this.answer(path_, { status, body: { kind: 'Status', code: status, message } });
  }

  patches(): SeenRequest[] {
    return this.seen.filter(({ method }) => method === 'PATCH');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    const { authorization = '', 'content-type': contentType = '' } = request.headers;
    const ownHeader = String(request.headers['x-streamcluster-request'] ?? '');
    const operatorToken = String(request.headers['x-streamcluster-token'] ?? '');
    const body = (await buffer(request)).toString();
    const method = request.method ?? '';
    const query = Object.fromEntries(url.searchParams);
    const seen = { method, path: url.pathname, query, authorization, contentType };
    this.seen.push({ ...seen, ownHeader, operatorToken, body });
    const { status, body: answer } = this.answerTo(url.pathname);
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  private answerTo(path_: string): Answer {
    const known = this.answers.get(path_);
    if (known === undefined) {
      return { status: 404, body: { kind: 'Status', code: 404, message: `${path_} not found` } };
    }
    return isAnswer(known) ? known : { status: 200, body: known };
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'status' in value && 'body' in value;
}

function kubeconfigOf(port: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'here',
        cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
      },
    ],
    users: [{ name: 'me', user: { token: TOKEN } }],
    contexts: [{ name: 'ctx', context: { cluster: 'here', user: 'me', namespace: 'media' } }],
    'current-context': 'ctx',
  });
}
