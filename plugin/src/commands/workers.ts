import type { Session } from '../session.ts';
import { streamClusters } from '../stream-clusters.ts';
import { loadWorkers } from '../workers/load-workers.ts';
import { workerTable } from '../workers/worker-table.ts';

export async function workers(session: Session, name: string | undefined): Promise<void> {
  const clusters = await streamClusters(session, name);
  const loaded = await Promise.all(clusters.map((cluster) => loadWorkers(session, cluster)));
  const rows = loaded.flatMap((one) => one.rows);
  const fault = loaded.find((one) => one.fault !== undefined)?.fault;
  if (session.isJson) session.json({ items: rows });
  else if (rows.length === 0) session.note('There are no workers.');
  else session.io.out(workerTable(session.io, rows, clusters.length > 1));
  // Half an answer is worth showing, and no success.
  if (fault !== undefined) throw fault;
}
