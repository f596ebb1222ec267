import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
const RETRIES = 300;
const RETRY_MS = 100;

/** Folders of the mounted hierarchies: one of each controller in version 1, else one. */
function hierarchies(): string[] {
  if (fs.existsSync(path.join(ROOT, 'cgroup.controllers'))) return [ROOT];
  const entries = fs.readdirSync(ROOT, { withFileTypes: true });
  // Links are second names: `cpu` of `cpu,cpuacct`.
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(ROOT, name));
}

/** Makes a group in every hierarchy, with all CPUs and memory in it. */
export function createCgroup(name: string): void {
  for (const hierarchy of hierarchies()) {
    const folder = path.join(hierarchy, name);
    fs.mkdirSync(folder, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) inherit(folder, file);
  }
}

/** Version 1 starts a group with no CPU at all, and then nothing can enter it. */
function inherit(folder: string, file: string): void {
  const own = path.join(folder, file);
  if (!fs.existsSync(own)) return;
  fs.writeFileSync(own, fs.readFileSync(path.join(path.dirname(folder), file)));
}

/** Ends what is left in a group, and removes it and all below it. */
export async function removeCgroup(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    for (const folder of cgroupTree(path.join(hierarchy, name))) await removeFolder(folder);
  }
}

/** Groups of this name that are there. */
export function cgroupsNamed(start: string): string[] {
  return hierarchies().flatMap((hierarchy) =>
    fs
      .readdirSync(hierarchy)
      .filter((name) => name.startsWith(start))
      .map((name) => path.join(hierarchy, name)),
  );
}

/** A group and those below it, the deepest first. */
function cgroupTree(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory());
  return [...below.flatMap(({ name }) => cgroupTree(path.join(folder, name))), folder];
}

async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      killMembers(folder);
      fs.rmdirSync(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      if (attempt === RETRIES) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function killMembers(folder: string): void {
  const pids = fs.readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n');
  for (const pid of pids.filter((text) => text !== '')) process.kill(Number(pid), 'SIGKILL');
}
