import net from 'node:net';

/** Below the ports that the system gives to outgoing connections: ours stay free over a restart. */
const FIRST = 20_000;
const LAST = 32_000;
/** Tests run in processes of their own; each has a part of the ports to itself. */
const PARTS = 8;
const part = Number(process.env['VITEST_POOL_ID'] ?? 0) % PARTS;
const PART_PORTS = (LAST - FIRST) / PARTS;

const given = new Set<number>();

/** A TCP port of an address that nobody listens on. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor((part + Math.random()) * PART_PORTS);
    if (given.has(port) || !(await isFree(port, host))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
