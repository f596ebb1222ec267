import { pino, type Logger } from 'pino';
import { z } from 'zod';
import type { LogFile } from './local/log-file.ts';

const WARN = 40;

const lineSchema = z.object({
  level: z.number(),
  msg: z.string(),
  worker: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/** Everything into the file; warnings also, for people, to `say`. */
export function createRunLog(level: string, file: LogFile, say: (text: string) => void): Logger {
  const write = (line: string): void => {
    file.write(line.trimEnd());
    const text = forPeople(line);
    if (text !== undefined) say(text);
  };
  return pino({ level, base: null }, { write });
}

/** Undefined: nothing that people need to see. */
function forPeople(line: string): string | undefined {
  const { data } = lineSchema.safeParse(JSON.parse(line));
  if (data === undefined || data.level < WARN) return undefined;
  const { code, worker, msg, detail, err } = data;
  const head = [code, worker].filter((part) => part !== undefined).join(' ');
  const tail = detail ?? err?.message;
  return `${head === '' ? '' : `${head}: `}${msg}${tail === undefined ? '' : ` (${tail})`}`;
}
