import type { CaseResult, Results } from '../results.ts';
import { faultsOf, judge, ratioOf, summaryOf } from './judge.ts';
import { markdownTable } from './markdown-table.ts';
import { caseCells } from './results-table.ts';
import {
  barText,
  figureName,
  figureText,
  megabytes,
  percent,
  ratioText,
  reachedText,
  valueText,
} from './words.ts';

/** docs/performance.md, made of results alone; `plots` are the names of its pictures. */
export function performancePage(results: Results, plots: readonly string[]): string {
  return [
    '# Performance',
    '',
    'Written by `make bench ARGS=--docs` from the results of `make bench`; do not edit.',
    `How it is measured: [ADR 0008](adr/0008-how-we-measure.md); how to run it: [bench](../bench/README.md).`,
    '',
    ...about(results),
    '',
    '## What must be reached',
    '',
    ...barTable(results),
    '',
    ...plots.flatMap((name) => [`![${name.replace('.svg', '')}](performance/${name})`, '']),
    ...results.cases.flatMap((one) => section(one)),
    ...leftOut(results),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function about({ machine, node, at, seconds, rounds }: Results): string[] {
  return [
    `${at.slice(0, 10)}, ${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}, Node ${node.replace('v', '')}.`,
    `Windows of ${seconds} s, at least ${rounds} good rounds of each pair (fewer for points of curves and what is not compared).`,
    'CPU is the busy time of the one CPU that the server is pinned to, softirq included, without what the machine did before;',
    'ratios are of CPU for the same delivered work, geometric mean of paired rounds, with the 95 % interval.',
  ];
}

function barTable({ cases }: Results): string[] {
  const rows = cases.flatMap((one) =>
    judge(one).map((verdict) => [
      one.key,
      barText(verdict),
      valueText(verdict),
      reachedText(verdict),
    ]),
  );
  return markdownTable(['case', 'bar', 'measured', 'reached'], rows);
}

function section(result: CaseResult): string[] {
  const [cpu = '', rss = '', floor = '', peer = ''] = caseCells(result);
  const faults = faultsOf(result);
  return [
    `## ${result.key}: ${result.title}`,
    '',
    `Ours: CPU ${cpu}, RSS ${rss}; against the floor ${floor}; best peer ${peer}.`,
    '',
    ...contenderTable(result),
    '',
    ...(faults.length === 0 ? [] : ['Rounds that did not count:', '', ...faults.map(item), '']),
  ];
}

function contenderTable(result: CaseResult): string[] {
  const [first] = result.contenders;
  const rows = result.contenders.flatMap(({ name }) => {
    const summary = summaryOf(result, name);
    if (summary === undefined) return [[name, 'no good round', '', '', '', '', '']];
    const ratio =
      first === undefined || name === first.name ? undefined : ratioOf(result, name, first.name);
    return [
      [
        name,
        percent(summary.busy),
        ratio === undefined ? '' : ratioText(ratio),
        megabytes(summary.rssBytes),
        summary.unitsPerSecond.toFixed(0),
        summary.callsPerUnit?.toFixed(2) ?? '',
        figuresText(summary.figures),
      ],
    ];
  });
  const { unit } = result;
  const head = [
    'server',
    'CPU',
    `times ${first?.name ?? ''}`,
    'RSS',
    `${unit}s/s`,
    `calls per ${unit}`,
    'further',
  ];
  return markdownTable(head, rows);
}

/** Every measurement has these; they say nothing about a case. */
const COMMON = new Set(['processShare', 'stolenShare']);

function figuresText(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .filter(([key]) => !COMMON.has(key))
    .map(([key, value]) => `${figureName(key)} ${figureText(key, value)}`)
    .join(', ');
}

function leftOut({ leftOut: sentences }: Results): string[] {
  return sentences.length === 0 ? [] : ['## Not measured', '', ...sentences.map(item)];
}

const item = (text: string): string => `- ${text}`;
