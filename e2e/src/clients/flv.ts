import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { FlvTags, type FlvTag } from '../content/flv-tags.ts';
import { eventuallyTrue } from '../harness/eventually.ts';

const ANSWER_MS = 15_000;
const HEAD_END = '\r\n\r\n';

export interface FlvOptions {
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  /** Over TLS, where the server proves to be this one. */
  readonly tls?: { readonly ca: Buffer; readonly servername: string };
}

/** An HTTP-FLV viewer on a bare socket, that keeps every tag. */
export class FlvViewer {
  readonly tags: FlvTag[] = [];
  readonly ended: Promise<void>;
  status = 0;
  headers = '';
  /** Of the body when the answer is no FLV. */
  text = '';
  /** What was wrong with the bytes; whoever compares looks at it. */
  error: Error | undefined;
  endedAtMs = 0;
  private head: Buffer = Buffer.alloc(0);
  private readonly reader = new FlvTags((tag) => this.tags.push(tag));
  private readonly socket: net.Socket;

  constructor({ host = '127.0.0.1', port, path, tls: proof }: FlvOptions) {
    this.socket =
      proof === undefined ? net.connect(port, host) : tls.connect({ host, port, ...proof });
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    this.socket.on('data', (chunk: Buffer) => this.push(chunk));
    this.socket.on('error', () => undefined);
    this.ended = once(this.socket, 'close').then(() => {
      this.endedAtMs = performance.now();
    });
  }

  /** Resolves when the answer's head is there. */
  async answered(): Promise<this> {
    await eventuallyTrue('an HTTP answer', ANSWER_MS, () => this.status !== 0 || this.closed);
    if (this.status === 0) throw new Error('closed without an answer');
    return this;
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  close(): void {
    this.socket.destroy();
  }

  private push(chunk: Buffer): void {
    if (this.status === 0) this.pushHead(chunk);
    else this.pushBody(chunk);
  }

  private pushHead(chunk: Buffer): void {
    this.head = Buffer.concat([this.head, chunk]);
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) return;
    this.headers = this.head.toString('latin1', 0, end);
    this.status = Number(this.headers.slice(9, 12));
    this.pushBody(this.head.subarray(end + HEAD_END.length));
  }

  private pushBody(chunk: Buffer): void {
    if (this.status !== 200) {
      this.text += chunk.toString('utf8');
      return;
    }
    try {
      if (this.error === undefined) this.reader.push(chunk);
    } catch (error) {
      this.error = error as Error;
    }
  }
}
