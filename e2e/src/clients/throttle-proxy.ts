import net from 'node:net';
import { once } from 'node:events';

const SLICE_MS = 50;

/**
 * A TCP proxy that lets only so many bytes a second through to its clients. It
 * keeps no more than a slice of its own, so the server's own buffers fill.
 */
export class ThrottleProxy {
  /** Infinity: unlimited. */
  bytesPerSecond: number;
  delivered = 0;
  private readonly target: number;
  private readonly server: net.Server;
  private readonly sockets = new Set<net.Socket>();

  constructor(targetPort: number, bytesPerSecond: number) {
    this.target = targetPort;
    this.bytesPerSecond = bytesPerSecond;
    this.server = net.createServer((client) => this.accept(client));
  }

  /** Returns the port where clients connect. */
  async start(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as net.AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: net.Socket): void {
    const upstream = net.connect(this.target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => void this.forward(upstream, client, chunk));
  }

  private async forward(upstream: net.Socket, client: net.Socket, chunk: Buffer): Promise<void> {
    this.delivered += chunk.length;
    const flowing = client.write(chunk);
    if (this.bytesPerSecond === Infinity && flowing) return;
    upstream.pause();
    const pauseMs = Math.min((1000 * chunk.length) / this.bytesPerSecond, 20 * SLICE_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (!flowing && client.writableNeedDrain)
      await Promise.race([once(client, 'drain'), once(client, 'close')]);
    upstream.resume();
  }
}
