import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventuallyTrue } from '../../src/harness/eventually.ts';
import { isSame, processOf, type ProcessId } from '../process-id.ts';

const PATIENCE_MS = 1_800_000;

/** Nodes have fixed addresses: one cluster with nodes at a time on a machine. */
const FILE = path.join(os.tmpdir(), 'streamcluster-nodes.lock');

/** Waits for its turn. The lock is that of this process, and ends with it. */
export async function lockNodes(log: (line: string) => void): Promise<void> {
  if (holder()?.pid === process.pid) throw new Error('this process has a cluster of nodes already');
  if (tryLock()) return;
  log('waiting for another cluster with real nodes to end');
  await eventuallyTrue(`end of the cluster of ${FILE}`, PATIENCE_MS, tryLock);
}

export function unlockNodes(): void {
  if (holder()?.pid === process.pid) fs.rmSync(FILE);
}

function tryLock(): boolean {
  const other = holder();
  if (other !== undefined) {
    if (isSame(other)) return false;
    fs.rmSync(FILE, { force: true });
  }
  try {
    fs.writeFileSync(FILE, JSON.stringify(processOf(process.pid)), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function holder(): ProcessId | undefined {
  try {
    return JSON.parse(fs.readFileSync(FILE, 'utf8')) as ProcessId;
  } catch {
    return undefined;
  }
}
