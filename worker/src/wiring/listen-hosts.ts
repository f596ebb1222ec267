import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.ts';
import { WorkerError } from '../errors.ts';

/** What the kernel says where a family is switched off, or ::1 is missing. */
const FAMILY_MISSING = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** Takes both families, where there are both. */
const ANY = '::';
const ANY_IPV4 = '0.0.0.0';

/** The hosts that can be listened on here: an IPv6 address that this machine
 * has not is left out, not fatal; so is what another one takes already. */
export function usableHosts(engine: Engine, hosts: readonly string[], log: Logger): string[] {
  const usable = hosts.filter((host) => !host.includes(':') || hasAddress(engine, host));
  const missing = hosts.filter((host) => !usable.includes(host));
  if (missing.length > 0) log.warn({ hosts: missing }, 'addresses are missing here; left out');
  return usable.filter((host) => host !== ANY_IPV4 || !usable.includes(ANY));
}

/** Runs a server's start; says which port when it is taken. */
export function listening(start: () => void): void {
  try {
    start();
  } catch (error) {
    if (!(error instanceof WorkerError) || error.cause !== 'EADDRINUSE') throw error;
    throw new WorkerError('PORT_IN_USE', error.message, { cause: error });
  }
}

function hasAddress(engine: Engine, host: string): boolean {
  try {
    engine.listen({ host, port: 0, reusePort: false, onAccept: () => undefined }).close();
    return true;
  } catch (error) {
    return !(error instanceof WorkerError && FAMILY_MISSING.includes(String(error.cause)));
  }
}
