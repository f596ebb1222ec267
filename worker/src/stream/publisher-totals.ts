import type { ConditionType } from './health-rules.ts';

/** What was wrong with what all publishers of a worker sent, since it started. */
export class PublisherTotals {
  gaps = 0;
  stepsBack = 0;
  /** How often a condition ceased to hold. */
  readonly warnings = new Map<ConditionType, number>();

  warned(type: ConditionType): void {
    this.warnings.set(type, (this.warnings.get(type) ?? 0) + 1);
  }
}
