import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeCgroup } from './node/cgroups.ts';
import { removeLink } from './node/links.ts';
import { isSame } from './process-id.ts';
import type { Record } from './record.ts';

const PATIENCE_MS = 20_000;
const POLL_MS = 50;

/** Undoes all that the record of a cluster says, in whatever state the cluster is. */
export async function tearDown(record: Record): Promise<void> {
  const { processes, links, cgroups } = record.contents;
  // The last first: nodes end before the API server that they would ask.
  for (const started of processes.toReversed()) kill(started.pid, isSame(started));
  await until(() => !processes.some(isSame));
  for (const link of links) await removeLink(link);
  for (const cgroup of cgroups) await removeCgroup(cgroup);
  fs.rmSync(record.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

function kill(pid: number, runs: boolean): void {
  if (!runs) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition() && performance.now() < deadline) await sleep(POLL_MS);
}
