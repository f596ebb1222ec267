import { publish } from '../clients/ffmpeg.ts';
import type { Child } from '../harness/child.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { serverOfClient } from '../harness/procfs.ts';

const CONNECT_MS = 10_000;
const TRIES = 40;

/** Two publishers of one name, on two workers. */
export interface Rivals {
  readonly stream: string;
  readonly first: Child;
  readonly second: Child;
  /** Ids of their workers. */
  readonly firstWorker: string;
  readonly secondWorker: string;
}

/** To be called while workers cannot know of one another's streams. */
export async function publishTwice(
  cluster: TestCluster,
  file: string,
  stream: string,
): Promise<Rivals> {
  const start = (): Child => publish(file, cluster.rtmpUrl(stream), { repeats: -1 });
  const first = start();
  const firstWorker = await workerOf(cluster, first);
  if (firstWorker === undefined) throw new Error(`not taken: ${first.output}`);
  for (let i = 0; i < TRIES; i++) {
    const second = start();
    const secondWorker = await workerOf(cluster, second);
    const isElsewhere = secondWorker !== undefined && secondWorker !== firstWorker;
    if (isElsewhere) return { stream, first, second, firstWorker, secondWorker };
    // There the name is known, and taken.
    second.kill();
    await second.ended;
  }
  throw new Error(`${TRIES} connections in a row ended at the same worker`);
}

/** Undefined: it was refused before it could be looked at. */
async function workerOf(cluster: TestCluster, client: Child): Promise<string | undefined> {
  const pid = await eventually('a publisher is connected', CONNECT_MS, () => {
    if (!client.running) return 0;
    return serverOfClient(client.pid, cluster.rtmpPort, cluster.workerPids());
  });
  return cluster.workers().find((worker) => worker.pid === pid)?.id;
}
