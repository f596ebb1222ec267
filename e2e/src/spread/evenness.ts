import { setTimeout as sleep } from 'node:timers/promises';
import { metric, scrape } from '../clients/metrics.ts';
import type { TestCluster } from '../harness/cluster.ts';

/** How unevenly something lies: 1 is even. */
export function maxOverMean(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  return (Math.max(...values) * values.length) / sum;
}

/** Bytes that each worker sent within a span of time. */
export async function sentBytes(cluster: TestCluster, ms: number): Promise<number[]> {
  const before = await totals(cluster);
  await sleep(ms);
  const after = await totals(cluster);
  return after.map((total, at) => total - (before[at] ?? 0));
}

async function totals(cluster: TestCluster): Promise<number[]> {
  const texts = await Promise.all(cluster.adminPorts().map(scrape));
  return texts.map((text) => metric(text, 'streamcluster_sent_bytes_total'));
}

export function megabytes(values: readonly number[]): string {
  return values.map((bytes) => (bytes / 1e6).toFixed(0)).join(', ');
}
