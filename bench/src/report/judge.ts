import { median } from '../measure/numbers.ts';
import { pairedRatio, type Ratio } from '../measure/ratio.ts';
import type { CaseResult, ContenderResult } from '../results.ts';
import { goodRounds } from '../rounds.ts';
import type { Bar, Measurement } from '../workloads/workload.ts';

/** One contender over its good rounds: medians. */
export interface Summary {
  readonly rounds: number;
  readonly busy: number;
  readonly generatorBusy: number;
  readonly rssBytes: number;
  readonly unitsPerSecond: number;
  readonly callsPerUnit: number | undefined;
  readonly figures: Readonly<Record<string, number>>;
}

/** A bar, what was measured, and whether that is enough. */
export interface Verdict {
  readonly bar: Bar;
  /** Undefined: it could not be measured. */
  readonly value: number | undefined;
  readonly ratio?: Ratio;
  /** Undefined: nobody knows. */
  readonly isReached: boolean | undefined;
}

/** Undefined: it had no good round. */
export function summaryOf(result: CaseResult, name: string): Summary | undefined {
  const good = goodRounds(result.runs, name, name).map(([one]) => one);
  const [first] = good;
  if (first === undefined) return undefined;
  const of = (pick: (one: Measurement) => number): number => median(good.map(pick));
  const calls = first.callsPerUnit === undefined ? undefined : of((one) => one.callsPerUnit ?? 0);
  return {
    rounds: good.length,
    busy: of(({ busy }) => busy),
    generatorBusy: of(({ generatorBusy }) => generatorBusy),
    rssBytes: of(({ rssBytes }) => rssBytes),
    unitsPerSecond: of(({ unitsPerSecond }) => unitsPerSecond),
    callsPerUnit: calls,
    figures: Object.fromEntries(
      Object.keys(first.figures).map((key) => [key, of(({ figures }) => figures[key] ?? NaN)]),
    ),
  };
}

/** How many times the CPU of `to` `of` used for a unit; undefined without a common round. */
export function ratioOf(result: CaseResult, of: string, to: string): Ratio | undefined {
  return pairedRatio(
    goodRounds(result.runs, of, to).map(([one, other]) => ({
      numerator: one.busy / one.unitsPerSecond,
      denominator: other.busy / other.unitsPerSecond,
    })),
  );
}

export function oursOf(result: CaseResult): ContenderResult | undefined {
  return result.contenders.find(({ role }) => role === 'ours');
}

/** The peer that uses least, and how many times of ours. */
export function bestPeer(result: CaseResult): { name: string; ratio: Ratio } | undefined {
  const ours = oursOf(result)?.name;
  if (ours === undefined) return undefined;
  const peers = result.contenders
    .filter(({ role }) => role === 'peer')
    .map(({ name }) => ({ name, ratio: ratioOf(result, name, ours) }))
    .filter((peer): peer is { name: string; ratio: Ratio } => peer.ratio !== undefined);
  return peers.sort((a, b) => a.ratio.mean - b.ratio.mean)[0];
}

export function judge(result: CaseResult): Verdict[] {
  const ours = oursOf(result);
  return result.bars.map((bar) => {
    if (bar.kind === 'ratio') {
      const ratio = ratioOf(result, bar.of, bar.to);
      return { bar, ...(ratio === undefined ? {} : { ratio }), ...reached(bar, ratio?.mean) };
    }
    const figures = ours === undefined ? undefined : summaryOf(result, ours.name)?.figures;
    return { bar, ...reached(bar, figures?.[bar.figure]) };
  });
}

function reached(bar: Bar, value: number | undefined): Pick<Verdict, 'value' | 'isReached'> {
  if (value === undefined) return { value, isReached: undefined };
  return { value, isReached: value <= (bar.max ?? Infinity) && value >= (bar.min ?? -Infinity) };
}

/** Sentences about rounds that did not count. */
export function faultsOf(result: CaseResult): string[] {
  return result.runs
    .filter(({ fault }) => fault !== undefined)
    .map(({ contender, round, fault }) => {
      return `${result.key}, ${contender}, round ${round + 1}: ${fault ?? ''}`;
    });
}
