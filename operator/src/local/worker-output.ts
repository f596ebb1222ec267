import type { Logger } from 'pino';
import { z } from 'zod';

/** What we read of a worker's log lines (pino). */
const lineSchema = z.object({
  level: z.number(),
  msg: z.string().default(''),
  code: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

const WARN = 40;
const ERROR = 50;
const MAX_WARNINGS = 10;
const WINDOW_MS = 10_000;

export interface WorkerOutputOptions {
  readonly worker: string;
  /** Takes every line. */
  readonly write: (line: string) => void;
  /** Takes warnings, a few at a time. */
  readonly log: Logger;
  readonly onReady: () => void;
  readonly nowMs: () => number;
}

/** Reads what one worker prints. */
export class WorkerOutput {
  /** The last thing that it called an error; explains its end. */
  lastError = '';
  private readonly options: WorkerOutputOptions;
  private windowStartMs = -Infinity;
  private warnings = 0;

  constructor(options: WorkerOutputOptions) {
    this.options = options;
  }

  line(text: string): void {
    this.options.write(`${this.options.worker} | ${text}`);
    const entry = parse(text);
    if (entry === undefined) {
      // Node's own words, when it cannot start.
      if (text.trim() !== '') this.lastError = text.trim();
      return;
    }
    if (entry.msg === 'worker ready') this.options.onReady();
    if (entry.level >= ERROR) this.lastError = describe(entry);
    if (entry.level >= WARN) this.warn(entry);
  }

  private warn(entry: z.output<typeof lineSchema>): void {
    const { log, worker, nowMs } = this.options;
    if (nowMs() - this.windowStartMs > WINDOW_MS) {
      this.windowStartMs = nowMs();
      this.warnings = 0;
    }
    this.warnings += 1;
    if (this.warnings > MAX_WARNINGS) return;
    const { code, err, msg } = entry;
    log.warn({ worker, code, detail: err?.message }, `worker says: ${msg}`);
  }
}

function parse(text: string): z.output<typeof lineSchema> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function describe({ code, err, msg }: z.output<typeof lineSchema>): string {
  return [code, err?.message ?? msg].filter((part) => part !== undefined).join(': ');
}
