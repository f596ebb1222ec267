import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a callback was asked or told. */
export interface Asked {
  readonly event: string;
  readonly stream: string;
  readonly protocol: string;
  readonly query?: string;
  readonly reason?: string;
}

/** A server that rules name: `/ask` decides, `/keys` has a JWKS, `/broken` never has one. */
export class DecidingServer {
  readonly asked: Asked[] = [];
  /** What `/keys` has. */
  jwks = '{}';
  isHanging = false;
  keysRead = 0;
  private readonly server: http.Server;

  private constructor() {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => this.answer(request.url ?? '', body, response));
    });
  }

  static async start(): Promise<DecidingServer> {
    const deciding = new DecidingServer();
    deciding.server.listen(0, '127.0.0.1');
    await once(deciding.server, 'listening');
    return deciding;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(url: string, body: string, response: http.ServerResponse): void {
    if (url === '/keys') {
      this.keysRead += 1;
      response.end(this.jwks);
      return;
    }
    if (url === '/broken') {
      response.writeHead(500).end();
      return;
    }
    const asked = JSON.parse(body) as Asked;
    this.asked.push(asked);
    // Whoever waits longer than this is not waiting for an answer.
    if (this.isHanging || asked.query?.includes('decide=hang') === true)
      setTimeout(() => response.end(), 10_000);
    else response.writeHead(statusOf(asked)).end();
  }
}

/** Visitors say themselves what is to be answered. */
function statusOf({ query = '' }: Asked): number {
  if (query.includes('decide=no')) return 403;
  return query.includes('decide=error') ? 500 : 200;
}
