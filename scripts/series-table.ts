/** One series, or as many as its labels have values. */
export interface SeriesRow {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

interface Registered {
  readonly name: string;
  readonly type?: unknown;
  readonly help: string;
}

/** Of prom-client's registry; which labels a metric has it keeps to itself. */
export function rowsOfRegistry(metrics: readonly Registered[]): SeriesRow[] {
  return metrics.map((metric) => {
    const { labelNames = [] } = metric as { labelNames?: readonly string[] };
    return { name: metric.name, type: String(metric.type), labels: labelNames, help: metric.help };
  });
}

/** Of a text that Prometheus reads (exposition format 0.0.4). */
export function rowsOfText(text: string, labels: readonly string[] = []): SeriesRow[] {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, n, t]) => [n, t]));
  return [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => {
    return { name, help, labels, type: types.get(name) ?? '' };
  });
}

export function seriesTable(rows: readonly SeriesRow[]): string {
  const lines = rows.map(({ name, type, labels, help }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  return [
    '| series | type | labels | what |',
    '| --- | --- | --- | --- |',
    ...lines.sort(),
    '',
  ].join('\n');
}
