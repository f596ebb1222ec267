import net from 'node:net';
import { once } from 'node:events';
import { within } from '../harness/eventually.ts';

/** A client that speaks nothing: it sends bytes and keeps what comes back. */
export class RawClient {
  received: Buffer = Buffer.alloc(0);
  readonly ended: Promise<void>;
  private readonly socket: net.Socket;

  constructor(port: number, host = '127.0.0.1') {
    this.socket = net.connect(port, host);
    this.socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    this.socket.on('error', () => undefined);
    this.ended = once(this.socket, 'close').then(() => undefined);
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  send(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** The server must end it by itself. */
  async endedWithin(patienceMs: number): Promise<void> {
    await within('the server closes the connection', patienceMs, this.ended);
  }

  close(): void {
    this.socket.destroy();
  }
}
