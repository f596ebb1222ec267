import type { Clock } from './clock.ts';
import type { Health, HealthFacts } from './health.ts';
import {
  HEALTH_RULES,
  type ConditionType,
  type HealthRule,
  type JudgedFacts,
} from './health-rules.ts';

/** One thing that holds, or does not: that it holds is good. */
export interface PublisherCondition {
  readonly type: ConditionType;
  readonly holds: boolean;
  /** Since when it is as it is. */
  readonly sinceUnixMs: number;
  /** Why it does not hold; empty where it does. */
  readonly reason: string;
  readonly message: string;
}

/** How a publisher sends, and what of it viewers are likely to notice. */
export interface HealthReport extends HealthFacts {
  /** What is not known yet, or does not apply, is left out. */
  readonly conditions: readonly PublisherCondition[];
}

export interface HealthConditionsOptions {
  readonly health: Health;
  readonly clock: Clock;
  /** One ceased to hold, or holds again. */
  readonly onChange: (condition: PublisherCondition) => void;
}

const JUDGE_MS = 1_000;

/** Judges a publisher's figures once a second, so that no condition flaps. */
export class HealthConditions {
  private readonly health: Health;
  private readonly clock: Clock;
  private readonly onChange: (condition: PublisherCondition) => void;
  private readonly judged = HEALTH_RULES.map((rule) => new JudgedCondition(rule));
  private judgedMs: number;
  private gaps = 0;
  private stepsBack = 0;

  constructor({ health, clock, onChange }: HealthConditionsOptions) {
    this.health = health;
    this.clock = clock;
    this.onChange = onChange;
    this.judgedMs = clock.nowMs();
  }

  /** May be called more often. */
  tick(nowMs: number): void {
    if (nowMs - this.judgedMs < JUDGE_MS) return;
    this.judgedMs = nowMs;
    const facts = this.judgedFacts(nowMs);
    const unixMs = this.clock.unixMs();
    for (const one of this.judged) {
      const hasChanged = one.judge(facts, nowMs, unixMs);
      if (hasChanged && one.condition !== undefined) this.onChange(one.condition);
    }
  }

  get hasWarnings(): boolean {
    return this.judged.some(({ condition }) => condition?.holds === false);
  }

  report(nowMs: number): HealthReport {
    const conditions = this.judged
      .map(({ condition }) => condition)
      .filter((condition) => condition !== undefined);
    return { ...this.health.facts(nowMs), conditions };
  }

  private judgedFacts(nowMs: number): JudgedFacts {
    const facts = this.health.facts(nowMs);
    const newGaps = facts.gaps - this.gaps;
    const newStepsBack = facts.stepsBack - this.stepsBack;
    this.gaps = facts.gaps;
    this.stepsBack = facts.stepsBack;
    return { ...facts, newGaps, newStepsBack };
  }
}

/** A condition, and for how long its figure has been good or bad. */
class JudgedCondition {
  condition: PublisherCondition | undefined = undefined;
  private readonly rule: HealthRule;
  private badSinceMs: number | undefined = undefined;
  private goodSinceMs: number | undefined = undefined;

  constructor(rule: HealthRule) {
    this.rule = rule;
  }

  /** Whether it ceased to hold, or holds again. */
  judge(facts: JudgedFacts, nowMs: number, unixMs: number): boolean {
    const figure = this.rule.read(facts);
    if (figure === undefined) return false;
    const isBad = isBeyond(this.rule, figure);
    this.badSinceMs = isBad ? (this.badSinceMs ?? nowMs) : undefined;
    this.goodSinceMs = isWithin(this.rule, figure) ? (this.goodSinceMs ?? nowMs) : undefined;
    const before = this.condition;
    if (before === undefined || before.holds) return this.judgeWell(facts, nowMs, unixMs);
    if (isBad) this.condition = { ...before, message: this.rule.message(facts) };
    return this.judgeIll(nowMs, unixMs);
  }

  private judgeWell(facts: JudgedFacts, nowMs: number, unixMs: number): boolean {
    const { type, reason, message, afterMs } = this.rule;
    const isIll = this.badSinceMs !== undefined && nowMs - this.badSinceMs >= afterMs;
    if (isIll) {
      this.condition = {
        ...{ type, holds: false, sinceUnixMs: unixMs, reason, message: message(facts) },
      };
    } else this.condition ??= { type, ...WELL, sinceUnixMs: unixMs };
    return isIll;
  }

  private judgeIll(nowMs: number, unixMs: number): boolean {
    const { type, calmMs } = this.rule;
    const isWell = this.goodSinceMs !== undefined && nowMs - this.goodSinceMs >= calmMs;
    if (isWell) this.condition = { type, ...WELL, sinceUnixMs: unixMs };
    return isWell;
  }
}

const WELL = { holds: true, reason: '', message: '' } as const;

function isBeyond({ bad, good }: HealthRule, figure: number): boolean {
  return good > bad ? figure < bad : figure > bad;
}

function isWithin({ bad, good }: HealthRule, figure: number): boolean {
  return good > bad ? figure >= good : figure <= good;
}
