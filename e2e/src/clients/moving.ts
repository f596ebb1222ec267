import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@streamcluster/placement';
import type { TestCluster } from '../harness/cluster.ts';
import type { StreamServers } from './servers.ts';

export interface Moving {
  readonly count: number;
  readonly everyMs: number;
}

/** Gives a stream a new home each time, and other replicas; how long each took. */
export async function moveOften(
  cluster: TestCluster,
  servers: StreamServers,
  { count, everyMs }: Moving,
): Promise<number[]> {
  const random = seededRandom(count);
  const { ingest } = await servers.entry();
  const tookMs: number[] = [];
  for (let move = 0; move < count; move += 1) {
    const { home: before } = await servers.entry();
    const ids = cluster.workers().map(({ id }) => id);
    const others = ids.filter((id) => id !== before);
    const home = others[Math.floor(random.next() * others.length)] ?? before;
    const isFree = (id: string): boolean => id !== home && id !== ingest;
    const replicas = ids.filter((id) => isFree(id) && random.next() < 0.3);
    const startedMs = performance.now();
    await servers.serve(home, replicas);
    tookMs.push(performance.now() - startedMs);
    await sleep(Math.max(0, everyMs - (performance.now() - startedMs)));
  }
  return tookMs;
}

/** Median and longest, for the log. */
export function spanText(timesMs: readonly number[]): string {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(0);
  return `median ${at(0.5)} ms, longest ${at(1)} ms`;
}
