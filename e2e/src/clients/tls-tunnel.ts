import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface TlsTunnelOptions {
  readonly host: string;
  readonly port: number;
  /** Certificates that are believed; those that are pushed count for later connections. */
  readonly trusted: readonly Buffer[];
}

const HTTP_PROTOCOLS = ['http/1.1'];

/** Opens a connection whose peer was verified. Rejects when it cannot be. */
export async function connectTls(options: TlsTunnelOptions): Promise<tls.TLSSocket> {
  const { host, port, trusted } = options;
  // A server that has nothing to choose from (RTMPS) leaves the protocol open.
  const socket = tls.connect({ host, port, ca: [...trusted], ALPNProtocols: HTTP_PROTOCOLS });
  await once(socket, 'secureConnect');
  return socket;
}

/** A port for clients that do not speak TLS: what they say goes on to a server by TLS. */
export class TlsTunnel {
  /** Why connections to the server failed. */
  readonly faults: string[] = [];
  private readonly server: net.Server;
  private readonly options: TlsTunnelOptions;
  private readonly sockets = new Set<net.Socket>();

  private constructor(options: TlsTunnelOptions) {
    this.options = options;
    this.server = net.createServer((client) => void this.connect(client));
  }

  static async open(options: TlsTunnelOptions): Promise<TlsTunnel> {
    const tunnel = new TlsTunnel(options);
    tunnel.server.listen(0, '127.0.0.1');
    await once(tunnel.server, 'listening');
    return tunnel;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private async connect(client: net.Socket): Promise<void> {
    this.keep(client);
    try {
      const server = await connectTls(this.options);
      this.keep(server);
      client.pipe(server).pipe(client);
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
    } catch (error) {
      this.faults.push((error as Error).message);
      client.destroy();
    }
  }

  private keep(socket: net.Socket): void {
    this.sockets.add(socket);
    // 'close' follows, and says it to the other side.
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
