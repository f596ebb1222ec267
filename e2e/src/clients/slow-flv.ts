import net from 'node:net';
import { once } from 'node:events';

const STEP_MS = 100;

/** An HTTP-FLV viewer that reads as slowly as it is told, from the kernel's buffer itself. */
export class SlowFlv {
  /** 0: nothing. */
  bytesPerSecond = 0;
  isClosed = false;
  private readonly socket: net.Socket;
  private readonly timer: NodeJS.Timeout;

  constructor(port: number, path: string, userAgent = 'slow') {
    // A small buffer of Node's own: what is not read yet waits in the kernel.
    this.socket = new net.Socket({ readableHighWaterMark: 4_096 } as net.SocketConstructorOpts);
    this.socket.connect(port, '127.0.0.1');
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: ${userAgent}\r\n\r\n`,
    );
    this.socket.pause();
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    if (this.isClosed) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }

  private step(): void {
    let due = (this.bytesPerSecond * STEP_MS) / 1_000;
    while (due > 0) {
      const part = this.socket.read(
        Math.min(due, Math.max(1, this.socket.readableLength)),
      ) as Buffer | null;
      if (part === null) return;
      due -= part.length;
    }
  }
}
