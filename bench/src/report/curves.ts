import type { CaseResult, Results } from '../results.ts';
import type { Line, Plot, Point } from './line-plot.ts';
import { summaryOf, type Summary } from './judge.ts';

/** The plots by the names of their files, without those that have no point. */
export function plotsOf(results: Results): Map<string, Plot> {
  const plots = new Map<string, Plot>();
  const tick = plotOf(results, 'tick', (_, { figures }, x) => ({ x: figures['sendTickMs'] ?? x }));
  const load = plotOf(results, 'load', (name, { figures }, x) => ({
    x,
    ...(name.includes('adaptive') ? { label: `${figures['sendTickMs'] ?? 0} ms` } : {}),
  }));
  if (tick.length > 0) {
    plots.set('cpu-against-tick.svg', {
      title: 'CPU against the send tick, HTTP-FLV fan-out',
      xLabel: 'send tick, ms',
      yLabel: 'busy CPU, %',
      lines: tick,
    });
  }
  if (load.length > 0) {
    plots.set('cpu-against-load.svg', {
      title: 'CPU against what is delivered, HTTP-FLV fan-out',
      xLabel: 'delivered, Gb/s',
      yLabel: 'busy CPU, %',
      lines: load,
    });
  }
  return plots;
}

type Place = (name: string, summary: Summary, x: number) => Omit<Point, 'y'>;

/** A line for each contender of the cases on this plot, without servers of others. */
function plotOf({ cases }: Results, plot: string, place: Place): Line[] {
  const lines = new Map<string, Point[]>();
  for (const result of cases) {
    const x = result.curves.find((curve) => curve.plot === plot)?.x;
    if (x !== undefined) addPoints(lines, result, (name, summary) => place(name, summary, x));
  }
  return [...lines].map(([name, points]) => ({ name, points }));
}

function addPoints(
  lines: Map<string, Point[]>,
  result: CaseResult,
  place: (name: string, summary: Summary) => Omit<Point, 'y'>,
): void {
  for (const { name, role } of result.contenders) {
    const summary = role === 'peer' ? undefined : summaryOf(result, name);
    if (summary === undefined) continue;
    const points = lines.get(name) ?? [];
    points.push({ ...place(name, summary), y: summary.busy * 100 });
    lines.set(name, points);
  }
}
