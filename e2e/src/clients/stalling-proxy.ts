import net from 'node:net';
import { once } from 'node:events';

/** A TCP proxy that can let nothing through for a while, as if who is behind it hung. */
export class StallingProxy {
  private readonly target: number;
  private readonly server: net.Server;
  private readonly sockets = new Set<net.Socket>();
  private isStalled = false;

  constructor(targetPort: number) {
    this.target = targetPort;
    this.server = net.createServer((client) => this.accept(client));
  }

  /** Returns the port where clients connect. */
  async start(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as net.AddressInfo).port;
  }

  stall(isStalled: boolean): void {
    this.isStalled = isStalled;
    for (const socket of this.sockets) {
      if (isStalled) socket.pause();
      else socket.resume();
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: net.Socket): void {
    const upstream = net.connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (part) => void to.write(part));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isStalled) from.pause();
    }
  }
}
