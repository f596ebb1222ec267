import type { Io } from '../io.ts';
import { paint } from '../output/paint.ts';
import { plain, table, type Column } from '../output/table.ts';
import { bitRate, bytes, count, cpuList, percent, since, UNKNOWN } from '../output/units.ts';
import type { WorkerItem } from '../operator/types.ts';
import type { WorkerRow } from './worker-row.ts';

const COLUMNS: readonly Column[] = [
  { head: 'WORKER' },
  { head: 'STATE' },
  { head: 'NODE' },
  { head: 'CPUS', align: 'right' },
  { head: 'NUMA' },
  { head: 'BUSY', align: 'right' },
  { head: 'LOAD', align: 'right' },
  { head: 'STREAMS', align: 'right' },
  { head: 'PUBLISHERS', align: 'right' },
  { head: 'VIEWERS', align: 'right' },
  { head: 'OUT', align: 'right' },
  { head: 'MEMORY', align: 'right' },
  { head: 'RESTARTS', align: 'right' },
  { head: 'AGE', align: 'right' },
];
const OF: readonly Column[] = [{ head: 'NAMESPACE' }, { head: 'CLUSTER' }];

/** `withCluster`: the rows are of several. */
export function workerTable(io: Io, rows: readonly WorkerRow[], withCluster: boolean): string {
  const columns = withCluster ? [...OF, ...COLUMNS] : COLUMNS;
  return table(
    columns,
    rows.map((row) => {
      const { namespace, cluster } = row;
      return withCluster ? [namespace, cluster, ...cells(io, row)] : cells(io, row);
    }),
  );
}

function cells(io: Io, row: WorkerRow): string[] {
  const { report } = row;
  const out = report?.bytesOutPerSecond;
  return [
    row.name,
    paint(io, stateText(row)),
    row.node === '' ? UNKNOWN : row.node,
    cpusText(report),
    numaText(report),
    percent(report?.loopUtilization),
    loadText(report?.loadOverMean),
    count(report?.streams),
    count(report?.publishers),
    count(report?.viewers),
    bitRate(out === undefined ? undefined : out * 8),
    bytes(report?.rssBytes),
    count(row.restarts),
    since(row.createdAt, io.unixMs()),
  ];
}

function stateText({ state, drain, isOutdated, report }: WorkerRow): string {
  const asked = drain === '' ? '' : plain(drain);
  const reason =
    asked === '' ? '' : state === 'draining' ? ` (${asked})` : `, drain asked (${asked})`;
  const steered = report?.accepting === 'Steered' ? ', newcomers kept off' : '';
  return `${state}${reason}${isOutdated ? ', outdated' : ''}${steered}`;
}

/** Against the mean of those that serve. */
function loadText(overMean: number | undefined): string {
  return overMean === undefined ? UNKNOWN : `${overMean.toFixed(2)} x`;
}

function cpusText(report: WorkerItem | null): string {
  const { cpus = [], allowedCpus = [] } = report ?? {};
  const shown = allowedCpus.length > 0 ? allowedCpus : cpus;
  return shown.length === 0 ? UNKNOWN : cpuList(shown);
}

function numaText(report: WorkerItem | null): string {
  const { numaNode = -1, numaAlignment = 'unknown' } = report ?? {};
  if (numaNode < 0) return UNKNOWN;
  return numaAlignment === 'unknown' ? `${numaNode}` : `${numaNode} ${numaAlignment}`;
}
