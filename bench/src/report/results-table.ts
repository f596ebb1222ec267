import { table } from '../measure/table.ts';
import type { CaseResult, Results } from '../results.ts';
import { bestPeer, faultsOf, judge, oursOf, ratioOf, summaryOf } from './judge.ts';
import { barText, megabytes, percent, ratioText, reachedText, valueText } from './words.ts';

const HEAD = ['', 'CPU', 'RSS', 'against the floor', 'best peer', 'bar', 'measured', 'reached'];
const NONE = '-';

/** What the terminal shows: a line for each case, and one for each further bar. */
export function resultsTable(results: Results): string {
  const rows = results.cases.flatMap((one) => caseRows(one));
  const faults = results.cases.flatMap((one) => faultsOf(one));
  return [
    table([HEAD, ...rows]),
    ...(faults.length > 0 ? ['', 'Rounds that did not count:', ...faults] : []),
    ...(results.leftOut.length > 0 ? ['', 'Not measured:', ...results.leftOut] : []),
  ].join('\n');
}

function caseRows(result: CaseResult): string[][] {
  const verdicts = judge(result);
  const bars = verdicts.map((verdict) => [
    barText(verdict),
    valueText(verdict),
    reachedText(verdict),
  ]);
  const [first = [NONE, '', ''], ...others] = bars;
  return [
    [`${result.key}: ${result.title}`, ...caseCells(result), ...first],
    ...others.map((bar) => ['', '', '', '', '', ...bar]),
  ];
}

/** CPU and memory of ours, and the two comparisons. */
export function caseCells(result: CaseResult): string[] {
  const name = oursOf(result)?.name ?? result.contenders[0]?.name ?? '';
  const summary = summaryOf(result, name);
  const floor = ratioOf(result, name, 'floor');
  const peer = bestPeer(result);
  return [
    summary === undefined ? NONE : percent(summary.busy),
    summary === undefined ? NONE : megabytes(summary.rssBytes),
    floor === undefined || name === 'floor' ? NONE : ratioText(floor),
    peer === undefined ? NONE : `${peer.name} ${ratioText(peer.ratio)}`,
  ];
}
