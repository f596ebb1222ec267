import fs from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pageRoot, vendorFiles } from '@streamcluster/console';

const TYPES: Readonly<Record<string, string>> = {
  ...{ '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' },
  '.svg': 'image/svg+xml',
};
const CHANGE_MS = 1_000;
const KEY = 'default/many';

interface Row {
  readonly name: string;
  viewers: number;
  bitsPerSecond: number;
}

/** The page, with as many streams as nobody would publish in a test. All of them change each second. */
export class FakeConsole {
  readonly rows: Row[];
  private readonly workers: number;
  private readonly server: Server;
  private readonly followers = new Map<ServerResponse, readonly string[]>();
  private readonly timer: NodeJS.Timeout;

  constructor(streams: number, workers: number) {
    this.workers = workers;
    this.rows = Array.from({ length: streams }, (_, index) => ({
      ...{ name: `live/stream-${index}`, viewers: index % 97, bitsPerSecond: 2_000_000 },
    }));
    this.server = createServer((request, response) => this.answer(request, response));
    this.timer = setInterval(() => this.change(), CHANGE_MS);
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (pathname === '/api/v1/session') {
      const session = { hasLogin: false, name: 'all', role: 'admin', by: 'nothing' };
      response.end(JSON.stringify({ ...session, hasThumbnails: false }));
    } else if (pathname === '/api/v1/events') {
      this.follow(response, (searchParams.get('topics') ?? '').split(','));
    } else {
      sendFile(pathname, response);
    }
  }

  private follow(response: ServerResponse, topics: readonly string[]): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.followers.set(response, topics);
    response.on('close', () => this.followers.delete(response));
    for (const topic of topics) tell(response, 'all', { topic, items: this.itemsOf(topic) });
  }

  private itemsOf(topic: string): Record<string, object> {
    const [kind] = topic.split(':', 1);
    if (kind === 'clusters') return { [KEY]: CLUSTER };
    if (kind === 'streams')
      return Object.fromEntries(this.rows.map((row) => [row.name, rowOf(row)]));
    if (kind === 'workers') {
      const ids = Array.from({ length: this.workers }, (_, index) => `many-${index}-1`);
      return Object.fromEntries(ids.map((id, index) => [id, workerOf(id, index)]));
    }
    return {};
  }

  private change(): void {
    const set: Record<string, object> = {};
    for (const row of this.rows) {
      row.viewers = (row.viewers + 1) % 500;
      row.bitsPerSecond = 1_900_000 + (row.viewers % 5) * 100_000;
      set[row.name] = { viewers: row.viewers, bitsPerSecond: row.bitsPerSecond };
    }
    for (const [response, topics] of this.followers) {
      const topic = topics.find((one) => one.startsWith('streams:'));
      if (topic !== undefined) tell(response, 'change', { topic, set, gone: [] });
    }
  }
}

const CLUSTER = {
  ...{ namespace: 'default', name: 'many', phase: 'Ready', replicas: 100, readyReplicas: 100 },
  endpoints: { rtmp: 1935, http: 8080 },
};

function rowOf({ name, viewers, bitsPerSecond }: Row): object {
  return {
    ...{ name, viewers, bitsPerSecond, state: 'live', home: 'many-1-1', ingest: 'many-2-1' },
    ...{ startedUnixMs: 1, replicas: 0, video: 'h264 1280×720', audio: 'aac', warnings: '' },
  };
}

function workerOf(id: string, index: number): object {
  return {
    ...{ id, state: 'ready', node: `node-${index % 4}`, numaNode: index % 2, loopCpu: index },
    ...{ cpus: [index], loopUtilization: (index % 20) / 20, viewers: 100, streams: 50 },
    ...{ bytesInPerSecond: 1e6, bytesOutPerSecond: 1e7 },
  };
}

function tell(response: ServerResponse, event: string, data: object): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function sendFile(pathname: string, response: ServerResponse): void {
  const vendor = vendorFiles[pathname.replace('/vendor/', '')];
  const file = vendor ?? path.join(pageRoot, pathname === '/' ? 'index.html' : pathname);
  if (!fs.existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' });
  response.end(fs.readFileSync(file));
}
