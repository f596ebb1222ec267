import { linePlot, markdownTable } from '@streamcluster/bench';
import type { ScenarioResult } from '../scenarios/scenario.ts';

const BEGIN = '<!-- Written by `make simulate ARGS=--docs`; do not edit from here … -->';
const END = '<!-- … to here. -->';

/** The page with its written part replaced. Throws where it has no such part. */
export function withResults(page: string, results: readonly ScenarioResult[]): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('the page does not say where results go');
  return [page.slice(0, begin) + BEGIN, ...written(results), page.slice(end)].join('\n');
}

/** Drawings by the names of their files. */
export function drawings(results: readonly ScenarioResult[]): Map<string, string> {
  return new Map(
    results.flatMap(({ plots }) =>
      [...plots].map(([name, plot]): [string, string] => [`${name}.svg`, linePlot(plot)]),
    ),
  );
}

function written(results: readonly ScenarioResult[]): string[] {
  const bars = results.flatMap((result) => result.bars);
  return [
    ...['', '### What must be shown', ''],
    ...markdownTable(
      ['what', 'bar', 'simulated', 'reached'],
      bars.map(({ what, bar, measured, isReached }) => [
        ...[what, bar, measured],
        isReached ? 'yes' : 'no',
      ]),
    ),
    ...results.flatMap(section),
    '',
  ];
}

/** As the part of one scenario is written. */
export function section({ title, about, tables, plots }: ScenarioResult): string[] {
  return [
    ...['', `### ${title}`, '', about],
    ...tables.flatMap(({ head, rows }) => ['', ...markdownTable(head, rows)]),
    ...[...plots.keys()].flatMap((name) => ['', `![${name}](placement/${name}.svg)`]),
  ];
}
