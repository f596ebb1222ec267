import { pino, type Logger } from 'pino';

export type LogLine = Readonly<Record<string, unknown>>;

/** A log whose lines are kept, parsed. */
export function keptLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  return { log: pino({ base: null }, { write }), lines };
}
