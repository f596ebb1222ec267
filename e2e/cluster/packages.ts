import path from 'node:path';
import { exec } from './exec.ts';

const SCRIPT = path.join(import.meta.dirname, 'packages.sh');

/** Makes sure of the system's programs that nodes and images need. */
export async function installPackages(): Promise<void> {
  await exec(SCRIPT, [], { timeoutMs: 1_200_000 });
}
