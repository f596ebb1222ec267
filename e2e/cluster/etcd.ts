import path from 'node:path';
import { binary } from './binaries.ts';
import { Daemon } from './daemon.ts';
import { freePort } from './ports.ts';
import type { Record } from './record.ts';

/** One member on loopback; data that need not survive the machine are not synced to disk. */
export async function startEtcd(record: Record): Promise<{ daemon: Daemon; url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const daemon = new Daemon(record, {
    name: 'etcd',
    command: binary('etcd'),
    args: [
      '--name=test',
      `--data-dir=${path.join(record.folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  });
  return { daemon: daemon.start(), url };
}
