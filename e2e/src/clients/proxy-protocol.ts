import { once } from 'node:events';
import net from 'node:net';

/** A balancer that writes a header of the PROXY protocol in front of each connection. */
export class ProxyBalancer {
  readonly port: number;
  private readonly server: net.Server;

  private constructor(server: net.Server) {
    this.server = server;
    this.port = (server.address() as net.AddressInfo).port;
  }

  /** All its clients come from `address`. */
  static async start(
    targetPort: number,
    address: string,
    targetHost = '127.0.0.1',
  ): Promise<ProxyBalancer> {
    const header = `PROXY TCP4 ${address} 127.0.0.1 4711 ${targetPort}\r\n`;
    const server = net.createServer((client) => {
      const target = net.connect(targetPort, targetHost);
      target.write(header);
      client.pipe(target).pipe(client);
      for (const [one, other] of [
        [client, target],
        [target, client],
      ] as const) {
        one.on('error', () => undefined).on('close', () => other.destroy());
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ProxyBalancer(server);
  }

  close(): void {
    this.server.close();
  }
}
