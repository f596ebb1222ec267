import { pino, type Logger } from 'pino';

/** Says nothing, unless SIM_LOG names a level. */
export function quietLog(name: string): Logger {
  return pino({ level: process.env['SIM_LOG'] ?? 'silent', base: { worker: name } });
}
