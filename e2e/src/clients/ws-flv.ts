import fs from 'node:fs';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from '../harness/eventually.ts';

const OPEN_MS = 10_000;

interface WsFlvOptions {
  /** What is believed where the URL is wss. */
  readonly ca?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A WebSocket-FLV viewer of our own: writes the messages, one after the other, to a file. */
export class WsFlvRecorder {
  readonly file: string;
  readonly ended: Promise<{ code: number; reason: string }>;
  messages = 0;
  /** What the answer was instead of an upgrade. */
  refusal = 0;
  isOver = false;
  private readonly socket: WebSocket;
  private readonly output: fs.WriteStream;

  constructor(url: string, file: string, options: WsFlvOptions = {}) {
    this.file = file;
    this.output = fs.createWriteStream(file);
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    this.socket.binaryType = 'nodebuffer';
    this.socket.on('message', (data: Buffer) => {
      this.messages++;
      this.output.write(data);
    });
    this.socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      this.refusal = statusCode;
      this.socket.terminate();
    });
    // The close event follows and is what tests wait for.
    this.socket.on('error', () => undefined);
    this.ended = this.end();
  }

  async open(): Promise<this> {
    await within('WebSocket open', OPEN_MS, once(this.socket, 'open'));
    return this;
  }

  close(): void {
    this.socket.close();
  }

  private async end(): Promise<{ code: number; reason: string }> {
    // Not `once`, which rejects with an error that comes before.
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) => {
      this.socket.once('close', (...ending) => resolve(ending));
    });
    this.isOver = true;
    await new Promise<void>((resolve) => this.output.end(resolve));
    return { code, reason: reason.toString() };
  }
}
