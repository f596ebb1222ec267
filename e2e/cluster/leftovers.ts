import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder, ROOT } from '../src/harness/paths.ts';
import { cgroupsNamed } from './node/cgroups.ts';
import { links } from './node/links.ts';
import { CGROUP_PREFIX, LINK_PREFIX } from './node/names.ts';
import { isSame, processOf } from './process-id.ts';
import { Record } from './record.ts';
import { tearDown } from './tear-down.ts';

/**
 * What clusters left behind that no longer have a runner: folders, processes,
 * mounts, network links and control groups, one line each. Network namespaces and
 * packet filter rules live and die with the processes of a node.
 */
export function leftovers(): string[] {
  const running = Record.all().filter((record) => record.isRunning);
  const dead = Record.all().filter((record) => !record.isRunning);
  const known = running.map((record) => record.contents);
  const ofOthers = (name: string, key: 'links' | 'cgroups') =>
    known.some((contents) => contents[key].some((other) => name.endsWith(other)));
  return [
    ...dead.map((record) => `folder ${record.folder}`),
    ...processes(running),
    ...mounts(running),
    ...links()
      .filter((link) => link.startsWith(LINK_PREFIX) && !ofOthers(link, 'links'))
      .map((link) => `link ${link}`),
    ...cgroupsNamed(CGROUP_PREFIX)
      .filter((cgroup) => !ofOthers(cgroup, 'cgroups'))
      .map((cgroup) => `cgroup ${cgroup}`),
  ];
}

/** Undoes what clusters left whose runner is gone; what could not be undone. */
export async function sweep(): Promise<string[]> {
  for (const record of Record.all()) if (!record.isRunning) await tearDown(record);
  return leftovers();
}

function processes(running: readonly Record[]): string[] {
  const lines: string[] = [];
  for (const name of fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const command = commandOf(name);
    if (!isOurs(command, running) || !isSame(processOf(Number(name)))) continue;
    lines.push(`process ${name} ${command.slice(0, 120)}`);
  }
  return lines;
}

/** Names a folder of a cluster, and of none that runs. */
function isOurs(command: string, running: readonly Record[]): boolean {
  const ofCluster = command.includes(path.join(cacheFolder('e2e'), 'k8s-'));
  return ofCluster && !running.some(({ folder }) => command.includes(folder));
}

function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function mounts(running: readonly Record[]): string[] {
  const points = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return points
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(path.join(ROOT, '.cache/')))
    .filter((point) => !running.some(({ folder }) => point.startsWith(folder)))
    .map((point) => `mount ${point}`);
}
