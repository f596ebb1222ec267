import { describe, expect, it } from 'vitest';
import type { Results } from '../results.ts';
import type { Measurement } from '../workloads/workload.ts';
import { plotsOf } from './curves.ts';
import { markdownTable } from './markdown-table.ts';
import { performancePage } from './page.ts';
import { resultsTable } from './results-table.ts';
import { figureName, figureText } from './words.ts';

const measured = (busy: number): Measurement => ({
  ...{ busy, generatorBusy: 0.1, rssBytes: 1.4e8, unitsPerSecond: 1000, callsPerUnit: 10 },
  ...{ bytesDelivered: 1, expectedBytes: 1, figures: { sendTickMs: 100, processShare: 1 } },
});

const results: Results = {
  ...{ at: '2026-11-29T10:00:00.000Z', node: 'v24.0.0', seconds: 4, rounds: 1 },
  machine: { cpu: 'a CPU', cpus: 2, kernel: '6.1' },
  leftOut: ['lal: cannot be had'],
  cases: [
    {
      ...{ at: '', key: 'A-tick-100', letter: 'A', workload: 'Fan-out', idleBusy: 0 },
      ...{ title: '1000 viewers', unit: 'viewer' },
      bars: [{ kind: 'ratio', of: 'ours', to: 'floor', max: 1.15 }],
      curves: [{ plot: 'tick', x: 100 }],
      contenders: [
        { name: 'ours', role: 'ours', kind: 'worker' },
        { name: 'floor', role: 'floor', kind: 'floor' },
        { name: 'lal', role: 'peer', kind: 'lal' },
      ],
      runs: [
        { contender: 'ours', round: 0, measurement: measured(0.22) },
        { contender: 'floor', round: 0, measurement: measured(0.2) },
        { contender: 'lal', round: 0, fault: 'only 3 of 4 bytes came' },
      ],
    },
  ],
};

describe('what is written about results', () => {
  it('has every bar, server and fault, and nothing that says nothing', () => {
    const page = performancePage(results, ['cpu-against-tick.svg']);
    expect(page).toMatch(/\| A-tick-100 \| ours <= 1\.15 x floor \| 1\.10 \(one round\) \| yes/);
    expect(page).toMatch(/\| ours +\| 22\.0 % +\| +\| 140 MB \| 1000 +\| 10\.00/);
    expect(page).toMatch(/\| lal +\| no good round/);
    expect(page).toContain('- A-tick-100, lal, round 1: only 3 of 4 bytes came');
    expect(page).toContain('](performance/cpu-against-tick.svg)');
    expect(page).toContain('- lal: cannot be had');
    expect(page).toContain('send tick 100.0 ms');
    expect(page).not.toContain('process share');
    expect(page.endsWith('\n')).toBe(true);
  });

  it('is a table on the terminal', () => {
    const text = resultsTable(results);
    expect(text).toMatch(/A-tick-100: 1000 viewers +22\.0 % +140 MB +1\.10 \(one round\) +-/);
    expect(text).toContain('Rounds that did not count:');
  });

  it('is drawn without servers of others', () => {
    const plots = plotsOf(results);
    expect([...plots.keys()]).toEqual(['cpu-against-tick.svg']);
    expect(plots.get('cpu-against-tick.svg')?.lines).toEqual([
      { name: 'ours', points: [{ x: 100, y: 22 }] },
      { name: 'floor', points: [{ x: 100, y: 20 }] },
    ]);
  });

  it('keeps tables whole', () => {
    expect(markdownTable(['a', 'b'], [['1|2', 'long words']])).toEqual([
      '| a    | b          |',
      '| ---- | ---------- |',
      '| 1\\|2 | long words |',
    ]);
  });

  it.each([
    ['p50MsAt10', 'p50 at 10', 12.34, '12.3 ms'],
    ['slowestStartMs', 'slowest start', 900, '900.0 ms'],
    ['bytesPerStream', 'bytes per stream', 81_234, '81.2 KB'],
    ['busyAt80', 'busy at 80', 0.81, '81.0 %'],
    ['admitted', 'admitted', 2000, '2000'],
  ])('says what %s is', (figure, name, value, text) => {
    expect([figureName(figure), figureText(figure, value)]).toEqual([name, text]);
  });
});
