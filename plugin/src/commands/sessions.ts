import { clusterPath, streamPath } from '../operator/operator-api.ts';
import type { SessionItem, SessionPage } from '../operator/types.ts';
import { plain, table, type Column } from '../output/table.ts';
import { age, bytes, counted, UNKNOWN } from '../output/units.ts';
import type { Session } from '../session.ts';
import { oneStreamCluster } from '../stream-clusters.ts';

export interface SessionsFlags {
  readonly stream?: string;
  readonly limit?: number;
}

const PAGE_LIMIT = 1_000;
const COLUMNS: readonly Column[] = [
  { head: 'SESSION' },
  { head: 'ACTION' },
  { head: 'PROTOCOL' },
  { head: 'ADDRESS' },
  { head: 'BYTES', align: 'right' },
  { head: 'AGE', align: 'right' },
  { head: 'WORKER' },
  { head: 'CLIENT' },
];

/** Who publishes and watches. */
export async function sessions(
  session: Session,
  name: string | undefined,
  { stream, limit = Infinity }: SessionsFlags,
): Promise<void> {
  const below = stream === undefined ? '' : streamPath(stream);
  const { metadata } = await oneStreamCluster(session, name);
  const { namespace = '', name: cluster } = metadata;
  const path = clusterPath(namespace, cluster, `${below}/sessions`);
  const { items, left, unreached } = await load(session, path, limit);
  if (session.isJson) session.json({ items, unreached });
  else show(session, items);
  if (left > 0) session.note(`About ${counted(left, 'session')} more: raise --limit.`);
  if (unreached.length > 0) session.note(`No answer from ${unreached.join(', ')}.`);
}

interface Loaded {
  readonly items: readonly SessionItem[];
  /** How many there are more. */
  readonly left: number;
  /** Workers that did not answer. */
  readonly unreached: readonly string[];
}

async function load({ operator }: Session, path: string, limit: number): Promise<Loaded> {
  const items: SessionItem[] = [];
  const silent = new Set<string>();
  let token: string | undefined = undefined;
  let total: number;
  do {
    const query = { limit: Math.min(PAGE_LIMIT, limit - items.length), page: token };
    const page: SessionPage = await operator.get(path, query);
    items.push(...page.items);
    for (const worker of page.unreached ?? []) silent.add(worker);
    total = page.total ?? items.length;
    token = page.page;
  } while (token !== undefined && items.length < limit);
  const left = token === undefined ? 0 : total - items.length;
  return { items, left, unreached: [...silent] };
}

function show(session: Session, items: readonly SessionItem[]): void {
  const { io } = session;
  if (items.length === 0) session.note('There are no sessions.');
  else
    io.out(
      table(
        COLUMNS,
        items.map((item) => cellsOf(item, io.unixMs())),
      ),
    );
}

function cellsOf(item: SessionItem, nowMs: number): string[] {
  const { action = UNKNOWN, protocol = UNKNOWN, address = UNKNOWN, workers = [] } = item;
  const { startedUnixMs, areBytesEstimated = false } = item;
  return [
    plain(`${item.stream}/${item.id}`),
    plain(action),
    plain(protocol),
    plain(address),
    (areBytesEstimated ? '~' : '') + bytes(item.bytes),
    startedUnixMs === undefined ? UNKNOWN : age(nowMs - startedUnixMs),
    plain(workers.join(', ')),
    plain(item.userAgent ?? '').slice(0, 40),
  ];
}
