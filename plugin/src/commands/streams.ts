import { asPluginError, type PluginError } from '../errors.ts';
import type { Condition, StreamCluster } from '../kube/types.ts';
import { clusterPath, PAGE_LIMIT } from '../operator/operator-api.ts';
import type { StreamItem, StreamPage, Track } from '../operator/types.ts';
import { paint } from '../output/paint.ts';
import { plain, table, type Column } from '../output/table.ts';
import { age, bitRate, count, counted, UNKNOWN } from '../output/units.ts';
import type { Session } from '../session.ts';
import { streamClusters } from '../stream-clusters.ts';

export interface StreamsFlags {
  /** Most of each StreamCluster; undefined: all. */
  readonly limit?: number;
}

interface StreamRow extends StreamItem {
  readonly namespace: string;
  readonly cluster: string;
}

const COLUMNS: readonly Column[] = [
  { head: 'STREAM' },
  { head: 'STATE' },
  { head: 'VIEWERS', align: 'right' },
  { head: 'BITRATE', align: 'right' },
  { head: 'VIDEO' },
  { head: 'AUDIO' },
  { head: 'HOME' },
  { head: 'INGEST' },
  { head: 'AGE', align: 'right' },
  { head: 'WARNINGS' },
];
const OF: readonly Column[] = [{ head: 'NAMESPACE' }, { head: 'CLUSTER' }];

export async function streams(
  session: Session,
  name: string | undefined,
  { limit = Infinity }: StreamsFlags,
): Promise<void> {
  const clusters = await streamClusters(session, name);
  const rows: StreamRow[] = [];
  let left = 0;
  let fault: PluginError | undefined;
  for (const cluster of clusters) {
    try {
      const found = await load(session, cluster, limit);
      rows.push(...found.rows);
      left += found.left;
    } catch (error) {
      fault ??= asPluginError(error);
      if (!session.isJson) session.note(knownWithoutOperator(cluster));
    }
  }
  // Of several StreamClusters some may be known: half an answer is worth showing.
  if (fault === undefined || rows.length > 0) show(session, rows, clusters.length > 1);
  if (left > 0) session.note(`${counted(left, 'stream')} more: raise --limit.`);
  if (fault !== undefined) throw fault;
}

async function load(
  { operator }: Session,
  { metadata: { name, namespace = '' } }: StreamCluster,
  limit: number,
): Promise<{ readonly rows: StreamRow[]; readonly left: number }> {
  const rows: StreamRow[] = [];
  const path = clusterPath(namespace, name, '/streams');
  let token: string | undefined = undefined;
  let total: number;
  do {
    const query = { limit: Math.min(PAGE_LIMIT, limit - rows.length), continue: token };
    const page: StreamPage = await operator.get(path, query);
    rows.push(...page.items.map((stream) => ({ ...stream, namespace, cluster: name })));
    total = page.total ?? rows.length;
    token = page.continue;
  } while (token !== undefined && rows.length < limit);
  return { rows, left: token === undefined ? 0 : total - rows.length };
}

/** The resource's own figures are older, but they are there. */
function knownWithoutOperator({ metadata: { name }, status }: StreamCluster): string {
  if (status?.streams === undefined) return `StreamCluster ${name}: its status says nothing yet.`;
  const { streams, viewers } = status;
  const figures = `${counted(streams, 'stream')} and ${counted(viewers, 'viewer')}`;
  return `StreamCluster ${name}: ${figures}, as its status says.`;
}

function show(session: Session, rows: readonly StreamRow[], withCluster: boolean): void {
  const { io } = session;
  if (session.isJson) session.json({ items: rows });
  else if (rows.length === 0) session.note('There are no streams.');
  else {
    const lines = rows.map((row) => {
      const cells = cellsOf(session, row);
      return withCluster ? [row.namespace, row.cluster, ...cells] : cells;
    });
    io.out(table(withCluster ? [...OF, ...COLUMNS] : COLUMNS, lines));
  }
}

function cellsOf({ io }: Session, stream: StreamRow): string[] {
  const { name, state = UNKNOWN, home = UNKNOWN, ingest = UNKNOWN, replicas = [] } = stream;
  const more = replicas.length === 0 ? '' : ` +${replicas.length}`;
  const { startedUnixMs } = stream;
  return [
    plain(name),
    paint(io, state),
    count(stream.viewers),
    bitRate(stream.bitsPerSecond),
    trackText(stream.tracks, 'video'),
    trackText(stream.tracks, 'audio'),
    plain(home) + more,
    plain(ingest),
    startedUnixMs === undefined ? UNKNOWN : age(io.unixMs() - startedUnixMs),
    warningText(stream.conditions),
  ];
}

/** As `KeyFramesRare`; `stream APP/NAME` says more. */
function warningText(conditions: readonly Condition[] = []): string {
  const reasons = conditions
    .filter(({ status }) => status === 'False')
    .map(({ type, reason = type }) => plain(reason));
  return reasons.length === 0 ? UNKNOWN : reasons.join(', ');
}

function trackText(tracks: readonly Track[] | undefined, kind: string): string {
  const track = tracks?.find((one) => one.kind === kind);
  if (track === undefined) return UNKNOWN;
  const { codec = '', width = 0, height = 0, sampleRate = 0 } = track;
  const detail =
    width > 0 ? ` ${width}x${height}` : sampleRate > 0 ? ` ${sampleRate / 1000} kHz` : '';
  return plain(`${codec}${detail}`);
}
