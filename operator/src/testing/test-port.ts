import net from 'node:net';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';

/** Below the ports that the kernel draws for others meanwhile. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;

/** A port of loopback that is free, and that only a test would ask for. */
export async function testPort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  server.listen({ host: '127.0.0.1', port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
