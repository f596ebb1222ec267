import type { CycleReason } from '@streamcluster/placement';
import type { Logger } from 'pino';
import type { Runtime } from '../runtime.ts';
import { isDone, type Change } from './change.ts';
import { countsText, reasonText, type PlanRecord } from './plan-record.ts';

export interface AnnouncerOptions {
  readonly runtime: Pick<Runtime, 'emit'>;
  readonly log: Logger;
}

/** Tells users what was done and why nothing is; one Event a cycle, however much it did. */
export class RebalanceAnnouncer {
  private readonly options: AnnouncerOptions;
  private lastReason: CycleReason | undefined = undefined;

  constructor(options: AnnouncerOptions) {
    this.options = options;
  }

  /** Only where a reason to do nothing begins or ends. */
  planned({ reason }: PlanRecord): void {
    const before = this.lastReason;
    this.lastReason = reason;
    if (reason === before) return;
    if (reason === 'TooManySilent') this.say('Warning', 'RebalanceFrozen', reasonText(reason));
    else if (before === 'TooManySilent') {
      this.say('Normal', 'RebalanceResumed', 'enough workers are heard again');
    }
    if (reason === 'NoGain') this.say('Normal', 'RebalanceRests', reasonText(reason));
  }

  /** A plan of a dry run that can be approved. */
  proposed(record: PlanRecord): void {
    const { id, changes } = record;
    const message =
      `plan ${id}: ${countsText(changes)}${loadText(record, 'would be')}; ` +
      `the annotation streamcluster.dev/approve-rebalance=${id} carries it out`;
    this.say('Normal', 'RebalancePlanned', message);
  }

  carriedOut(record: PlanRecord): void {
    const { id, changes } = record;
    const done = changes.filter(isDone);
    const failed = changes.filter((change) => !isDone(change));
    const parts = [countsText(done), acceptingText(record), failedText(failed)];
    const text = parts.filter((part) => part !== '').join(', ');
    const type = failed.length > 0 && done.length === 0 ? 'Warning' : 'Normal';
    this.say(
      type,
      type === 'Normal' ? 'Rebalanced' : 'RebalanceFailed',
      `${text}${loadText(record, 'expected')}`,
    );
    this.options.log.info(
      { plan: id, done: done.length, failed: failed.length },
      'plan carried out',
    );
  }

  notKnown(id: string): void {
    const message = `plan ${id} cannot be carried out: it was already, or another has taken its place`;
    this.say('Warning', 'RebalancePlanUnknown', message);
  }

  private say(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.options.log.info({ reason }, message);
    this.options.runtime.emit({ type, reason, message });
  }
}

function loadText({ before, after }: PlanRecord, word: string): string {
  const [was, is] = [before, after].map(({ maxOverMean }) => maxOverMean.toFixed(2));
  return `; highest load over mean load was ${was}, ${is} ${word}`;
}

function acceptingText({ accepting }: PlanRecord): string {
  const off = accepting.filter(({ accepts }) => !accepts).map(({ worker }) => worker);
  const on = accepting.filter(({ accepts }) => accepts).map(({ worker }) => worker);
  const parts = [
    ...(off.length > 0 ? [`newcomers kept from ${named(off)}`] : []),
    ...(on.length > 0 ? [`newcomers let to ${named(on)} again`] : []),
  ];
  return parts.join(', ');
}

const MAX_NAMED = 5;

function named(workers: readonly string[]): string {
  const more = workers.length - MAX_NAMED;
  return workers.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `not done: 2 TargetNotReady, 1 Busy`. */
function failedText(failed: readonly Change[]): string {
  if (failed.length === 0) return '';
  const counts = Map.groupBy(failed, ({ outcome }) => outcome);
  const parts = [...counts].map(([outcome, { length }]) => `${length} ${outcome}`);
  return `not done: ${parts.join(', ')}`;
}
