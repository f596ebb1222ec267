import type { PlanRecord } from './plan-record.ts';

/** A plan may be approved for so long; then a newer one takes its place. */
const HOLD_MS = 600_000;

/** The plan of a dry run, until somebody approves it or it is needed no more. */
export class Approval {
  private held: PlanRecord | undefined = undefined;
  private heldSinceMs = 0;
  /** What the annotation said when it was last looked at. */
  private answered: string | undefined = undefined;

  get plan(): PlanRecord | undefined {
    return this.held;
  }

  /** True: this one can be approved from now on. */
  offer(record: PlanRecord, nowMs: number): boolean {
    if (record.changes.length === 0) {
      this.held = undefined;
      return false;
    }
    if (this.held !== undefined && nowMs - this.heldSinceMs < HOLD_MS) return false;
    this.held = record;
    this.heldSinceMs = nowMs;
    return true;
  }

  drop(): void {
    this.held = undefined;
  }

  /** Once for each text of the annotation: the plan that it names, or `unknown`. */
  answer(asked: string | undefined): PlanRecord | 'unknown' | undefined {
    if (asked === undefined || asked === this.answered) return undefined;
    this.answered = asked;
    const { held } = this;
    if (held?.id !== asked) return 'unknown';
    this.held = undefined;
    return held;
  }
}
