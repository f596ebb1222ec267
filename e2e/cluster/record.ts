import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../src/harness/paths.ts';
import { isSame, processOf, type ProcessId } from './process-id.ts';

const FOLDER_PREFIX = 'k8s-';
const FILE = 'cluster.json';

interface Started extends ProcessId {
  readonly name: string;
}

interface Contents {
  readonly runner: ProcessId;
  readonly processes: readonly Started[];
  readonly links: readonly string[];
  readonly cgroups: readonly string[];
}

/**
 * What a cluster has made on this machine, kept in a file of its folder: so that
 * others can undo it when whoever made it is gone.
 */
export class Record {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A new folder under .cache/e2e/ for a cluster that this process runs. */
  static create(): Record {
    const record = new Record(fs.mkdtempSync(path.join(clustersFolder(), FOLDER_PREFIX)));
    fs.chmodSync(record.folder, 0o755);
    record.write({ runner: processOf(process.pid), processes: [], links: [], cgroups: [] });
    return record;
  }

  /** One of each cluster that was not stopped, running or not. */
  static all(): Record[] {
    const names = fs.readdirSync(clustersFolder()).filter((name) => name.startsWith(FOLDER_PREFIX));
    return names.map((name) => new Record(path.join(clustersFolder(), name)));
  }

  static open(folder: string): Record {
    return new Record(folder);
  }

  /** Whether the process lives that started the cluster. */
  get isRunning(): boolean {
    return isSame(this.read().runner);
  }

  get contents(): Contents {
    return this.read();
  }

  addProcess(name: string, pid: number): void {
    const contents = this.read();
    this.write({ ...contents, processes: [...contents.processes, { name, ...processOf(pid) }] });
  }

  addLink(link: string): void {
    const contents = this.read();
    this.write({ ...contents, links: [...contents.links, link] });
  }

  addCgroup(cgroup: string): void {
    const contents = this.read();
    this.write({ ...contents, cgroups: [...contents.cgroups, cgroup] });
  }

  private read(): Contents {
    try {
      return JSON.parse(fs.readFileSync(path.join(this.folder, FILE), 'utf8')) as Contents;
    } catch {
      return { runner: { pid: 0, start: '' }, processes: [], links: [], cgroups: [] };
    }
  }

  private write(contents: Contents): void {
    const file = path.join(this.folder, FILE);
    fs.writeFileSync(`${file}.new`, JSON.stringify(contents));
    fs.renameSync(`${file}.new`, file);
  }
}

function clustersFolder(): string {
  return cacheFolder('e2e');
}
