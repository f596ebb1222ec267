import { table } from '@streamcluster/bench';
import type { Bar, ScenarioResult } from '../scenarios/scenario.ts';

/** One scenario, as the terminal shows it. */
export function scenarioText({ title, about, tables, bars }: ScenarioResult): string {
  return [
    ...['', title, about],
    ...tables.map(({ head, rows }) => `\n${table([head, ...rows])}`),
    ...['', ...bars.map(barText)],
  ].join('\n');
}

function barText({ what, bar, measured, isReached }: Bar): string {
  return `${isReached ? 'reached' : 'SHORT  '}  ${what}: ${measured} (${bar})`;
}
