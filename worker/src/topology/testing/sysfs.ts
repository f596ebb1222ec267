import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readMachine, type Machine } from '../machine.ts';

export const MACHINES = [
  'one-node',
  'two-nodes',
  'four-nodes',
  'offline',
  'memory-only',
  'no-numa',
] as const;
type MachineName = (typeof MACHINES)[number];

/** A folder as /sys of the machine that machines/NAME.txt describes: one file a
 * line, under devices/system, with what it says. The caller removes it. */
export function makeSysfs(name: MachineName): string {
  const text = readFileSync(path.join(import.meta.dirname, `machines/${name}.txt`), 'utf8');
  const sysfs = mkdtempSync(path.join(tmpdir(), 'sc-sysfs-'));
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [file = '', value = ''] = line.split(' ');
    const target = path.join(sysfs, 'devices/system', file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, `${value}\n`);
  }
  return sysfs;
}

export function machineOf(name: MachineName): Machine {
  const sysfs = makeSysfs(name);
  try {
    return readMachine(sysfs);
  } finally {
    rmSync(sysfs, { recursive: true, force: true });
  }
}
