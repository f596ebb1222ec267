import net from 'node:net';
import { once } from 'node:events';
import { OperatorError } from '../errors.ts';
import { listenerOf } from './procfs.ts';

/**
 * Workers share their ports by SO_REUSEPORT, which hides that somebody else, or
 * a stale run, has the port, too. So each is bound once without it.
 * Throws PORT_IN_USE naming the port and, if it can be read, the process.
 */
export async function probePort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  try {
    await bindOnce(host, port);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : '';
    // An address family that this machine lacks is no fault of the port.
    if (reason === 'EADDRNOTAVAIL' || reason === 'EAFNOSUPPORT') return;
    throw new OperatorError('PORT_IN_USE', describe(port, reason), { cause: error });
  }
}

/** A port that nobody has now. */
export async function freePort(host: string): Promise<number> {
  return await bindOnce(host, 0);
}

async function bindOnce(host: string, port: number): Promise<number> {
  const server = net.createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  const bound = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return bound.port;
}

function describe(port: number, reason: string): string {
  if (reason !== 'EADDRINUSE') return `${port} (${reason})`;
  const holder = listenerOf(port);
  return holder === undefined ? String(port) : `${port}, by ${holder.command} (pid ${holder.pid})`;
}
