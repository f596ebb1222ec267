import net from 'node:net';
import { eventuallyTrue } from '../harness/eventually.ts';

const ARRIVED_MS = 60_000;
const HEAD_END = '\r\n\r\n';
/** So many connect at once: more than a listener's queue takes are refused. */
const AT_ONCE = 50;

/** Many HTTP-FLV viewers that go where they are sent, and look at nothing. */
export class Crowd {
  private readonly viewers: CrowdViewer[] = [];

  /** Resolves when all of them are served. */
  static async come(count: number, port: number, path: string, host = '127.0.0.1'): Promise<Crowd> {
    const crowd = new Crowd();
    while (crowd.viewers.length < count) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - crowd.viewers.length) }, () =>
        new CrowdViewer(host).open(port, path),
      );
      crowd.viewers.push(...some);
      await eventuallyTrue('a crowd is served', ARRIVED_MS, () =>
        some.every(({ isServed }) => isServed),
      );
    }
    return crowd;
  }

  /** Those who were cut. */
  get lost(): number {
    return this.viewers.filter(({ isClosed }) => isClosed).length;
  }

  leave(): void {
    for (const viewer of this.viewers) viewer.close();
  }
}

class CrowdViewer {
  isServed = false;
  isClosed = false;
  private socket: net.Socket | undefined = undefined;
  private readonly host: string;

  constructor(host: string) {
    this.host = host;
  }

  open(port: number, path: string): this {
    const socket = net.connect(port, this.host);
    let head = '';
    this.socket = socket;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.host}:${port}\r\n\r\n`);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.socket === socket) this.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.isServed) return;
      head += chunk.toString('latin1');
      if (head.includes(HEAD_END)) this.answered(head);
    });
    return this;
  }

  close(): void {
    this.socket?.destroy();
  }

  private answered(head: string): void {
    if (head.startsWith('HTTP/1.1 200')) this.isServed = true;
    const location = /^location: (\S+)/im.exec(head)?.[1];
    if (location === undefined) return;
    const { port, pathname, search } = new URL(location);
    this.socket?.destroy();
    this.open(Number(port), pathname + search);
  }
}
