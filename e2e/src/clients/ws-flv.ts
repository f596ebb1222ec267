import fs from 'node:fs';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from '../harness/eventually.ts';

const OPEN_MS = 10_000;

/** A WebSocket-FLV viewer of our own: writes the messages, one after the other, to a file. */
export class WsFlvRecorder {
  readonly file: string;
  readonly ended: Promise<{ code: number; reason: string }>;
  messages = 0;
  private readonly socket: WebSocket;
  private readonly output: fs.WriteStream;

  /** `ca`: what is believed where the URL is wss. */
  constructor(url: string, file: string, ca?: Buffer) {
    this.file = file;
    this.output = fs.createWriteStream(file);
    this.socket = new WebSocket(url, { perMessageDeflate: false, ca });
    this.socket.binaryType = 'nodebuffer';
    this.socket.on('message', (data: Buffer) => {
      this.messages++;
      this.output.write(data);
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
    const [code, reason] = (await once(this.socket, 'close')) as [number, Buffer];
    await new Promise<void>((resolve) => this.output.end(resolve));
    return { code, reason: reason.toString() };
  }
}
