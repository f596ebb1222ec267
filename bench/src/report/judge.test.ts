import { describe, expect, it } from 'vitest';
import type { CaseResult } from '../results.ts';
import type { Bar, Measurement } from '../workloads/workload.ts';
import { bestPeer, faultsOf, judge, ratioOf, summaryOf } from './judge.ts';

const measured = (busy: number, unitsPerSecond: number, figure: number): Measurement => ({
  ...{ busy, unitsPerSecond, generatorBusy: 0.2, rssBytes: 1e8, callsPerUnit: 2 },
  ...{ bytesDelivered: 1, expectedBytes: 1, figures: { p50Ms: figure } },
});
const run = (contender: string, round: number, measurement: Measurement, fault?: string) => ({
  ...{ contender, round, measurement },
  ...(fault === undefined ? {} : { fault }),
});

function resultOf(bars: Bar[]): CaseResult {
  return {
    ...{ at: '', key: 'X', letter: 'X', workload: '', title: '', unit: 'viewer', idleBusy: 0 },
    ...{ bars, curves: [] },
    contenders: [
      { name: 'ours', role: 'ours', kind: 'worker' },
      { name: 'floor', role: 'floor', kind: 'floor' },
      { name: 'nginx', role: 'peer', kind: 'nginx' },
      { name: 'lal', role: 'peer', kind: 'lal' },
    ],
    runs: [
      ...[run('ours', 0, measured(0.2, 1000, 10)), run('ours', 1, measured(0.3, 1000, 30))],
      ...[run('floor', 0, measured(0.1, 1000, 0)), run('floor', 1, measured(0.15, 1000, 0))],
      // Twice the CPU for half of the work.
      run('nginx', 0, measured(0.4, 500, 0)),
      run('lal', 0, measured(0.6, 1000, 0)),
      run('lal', 1, measured(0.01, 1000, 0), 'bytes are missing'),
    ],
  };
}

describe('judge', () => {
  it('compares by CPU for the same work, in rounds that both have', () => {
    const result = resultOf([]);
    expect(ratioOf(result, 'ours', 'floor')?.mean).toBeCloseTo(2);
    expect(ratioOf(result, 'nginx', 'ours')?.mean).toBeCloseTo(4);
    expect(ratioOf(result, 'lal', 'ours')).toMatchObject({ rounds: 1 });
    expect(bestPeer(result)?.name).toBe('lal');
    expect(faultsOf(result)).toEqual(['X, lal, round 2: bytes are missing']);
  });

  it('takes medians of good rounds', () => {
    expect(summaryOf(resultOf([]), 'ours')).toMatchObject({
      rounds: 2,
      busy: 0.25,
      callsPerUnit: 2,
      figures: { p50Ms: 20 },
    });
    expect(summaryOf(resultOf([]), 'nobody')).toBeUndefined();
  });

  it('says which bars are reached', () => {
    const verdicts = judge(
      resultOf([
        { kind: 'ratio', of: 'ours', to: 'floor', max: 2.01 },
        { kind: 'ratio', of: 'nginx', to: 'ours', min: 4.1 },
        { kind: 'ratio', of: 'srs', to: 'ours', min: 1 },
        { kind: 'figure', figure: 'p50Ms', max: 20 },
        { kind: 'figure', figure: 'other', max: 20 },
      ]),
    );
    expect(verdicts.map(({ isReached }) => isReached)).toEqual([
      true,
      false,
      undefined,
      true,
      undefined,
    ]);
  });
});
