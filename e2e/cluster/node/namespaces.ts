import fs from 'node:fs';
import { eventually } from '../../src/harness/eventually.ts';
import { Daemon, type DaemonOptions } from '../daemon.ts';
import { exec } from '../exec.ts';
import { childrenOf } from '../process-id.ts';
import type { Record } from '../record.ts';

const READY_MS = 20_000;

/**
 * The first process of a node. Its mounts, processes and network are the node's
 * own and end with it: a killed node leaves nothing behind.
 */
const INIT = `
set -e
mount --make-rshared /
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/lock
mount --bind "$2/log" /var/log
mount -t tmpfs tmpfs "$2/containerd"
hostname "$1"
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
touch "$3"
# Bash also reaps those whose parents are gone.
while :; do sleep infinity & wait; done
`;

export interface NamespaceOptions {
  readonly record: Record;
  readonly hostname: string;
  /** Has its `log`, which it sees as /var/log, and `containerd`, which is in memory. */
  readonly folder: string;
}

/** Mount, process, network and name namespaces that together play one machine. */
export class Namespaces {
  private readonly options: NamespaceOptions;
  private readonly holder: Daemon;

  private constructor(options: NamespaceOptions, holder: Daemon) {
    this.options = options;
    this.holder = holder;
  }

  static async create(options: NamespaceOptions): Promise<Namespaces> {
    const { record, hostname, folder } = options;
    const ready = `${folder}/ready`;
    fs.rmSync(ready, { force: true });
    const holder = new Daemon(record, {
      name: hostname,
      command: 'unshare',
      args: [
        ...['--mount', '--pid', '--net', '--uts', '--fork', '--kill-child', '--mount-proc'],
        ...['bash', '-c', INIT, 'init', hostname, folder, ready],
      ],
    });
    holder.start();
    await eventually(`namespaces of ${hostname}`, READY_MS, () => {
      holder.assertRunning();
      return fs.existsSync(ready) || undefined;
    });
    return new Namespaces(options, holder);
  }

  /** The first process, as this machine counts. */
  get initPid(): number {
    const [pid] = childrenOf(this.holder.pid);
    if (pid === undefined) throw new Error(`${this.options.hostname} is down`);
    return pid;
  }

  /** A program that runs in there; its command line is like one out here. */
  daemon(options: DaemonOptions): Daemon {
    return new Daemon(this.options.record, {
      ...options,
      name: `${this.options.hostname}-${options.name}`,
      command: 'nsenter',
      args: [...this.enter(), options.command, ...options.args],
      forks: true,
    });
  }

  exec(command: string, ...args: string[]): Promise<string> {
    return exec('nsenter', [...this.enter(), command, ...args]);
  }

  /** Cuts the power: all processes are killed at once. */
  async kill(): Promise<void> {
    await this.holder.stop('SIGKILL');
  }

  private enter(): string[] {
    return ['--target', String(this.initPid), '--mount', '--pid', '--net', '--uts', '--'];
  }
}
