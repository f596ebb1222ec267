import type { Logger } from 'pino';
import type { WorkerErrorCode } from '../../errors.ts';

interface ComplaintFields {
  readonly err: unknown;
  readonly [field: string]: unknown;
}

/** Says what fails once, until it fails otherwise or has worked again: what is
 * tried for ever would else fill the log. */
export class Complaints {
  private readonly log: Logger;
  private readonly counters: { count(reason: string): void };
  private readonly said = new Map<string, string>();

  constructor(log: Logger, counters: { count(reason: string): void }) {
    this.log = log;
    this.counters = counters;
  }

  /** `what` is the log's constant message. */
  say(what: string, code: WorkerErrorCode, fields: ComplaintFields): void {
    const { err } = fields;
    const reason = `${code} ${err instanceof Error ? err.message : String(err)}`;
    this.counters.count(code);
    const isNew = this.said.get(what) !== reason;
    this.said.set(what, reason);
    this.log[isNew ? 'warn' : 'debug']({ ...fields, code }, what);
  }

  /** It works. */
  forget(what: string): void {
    this.said.delete(what);
  }
}
