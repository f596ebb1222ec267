import path from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from '../src/harness/paths.ts';

const SCRIPT = path.join(import.meta.dirname, 'binaries.sh');

/** Where binaries.sh puts a program. */
export function binary(name: string): string {
  return path.join(ROOT, '.cache/bin', name);
}

/** Builds programs that are not there yet; without names, all. */
export async function buildBinaries(
  names: readonly string[] = [],
  log: (line: string) => void = () => undefined,
): Promise<void> {
  const child = spawn(SCRIPT, names, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    said.push(line);
    log(line);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`binaries.sh failed:\n${said.slice(-20).join('\n')}`);
}
