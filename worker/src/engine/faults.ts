import { getSystemErrorName } from 'node:util';
import { WorkerError } from '../errors.ts';

/** The kernel's name of an errno of either sign. */
function errnoName(errno: number): string {
  return errno === 0 ? 'unknown' : getSystemErrorName(-Math.abs(errno));
}

export function listenError(at: { host: string; port: number }, errno: number): WorkerError {
  const name = errnoName(errno);
  return new WorkerError('ENGINE_LISTEN', `${at.host} port ${at.port}: ${name}`, { cause: name });
}

export function affinityError(cpus: readonly number[], errno: number): WorkerError {
  const name = errnoName(errno);
  return new WorkerError('ENGINE_AFFINITY', `CPUs ${cpus.join(',')}: ${name}`, { cause: name });
}
