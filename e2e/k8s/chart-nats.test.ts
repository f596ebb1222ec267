import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Kvm } from '@nats-io/kv';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { makeNatsKeys } from '../../operator/src/credentials/nats-keys.ts';
import { natsSecretData } from '../../operator/src/credentials/nats-secret.ts';
import { binary } from '../cluster/binaries.ts';
import { exec } from '../cluster/exec.ts';
import { freePort } from '../cluster/ports.ts';
import { eventually, eventuallyTrue } from '../src/harness/eventually.ts';
import { ROOT, scratchFolder } from '../src/harness/paths.ts';
import { find, render } from './chart-helm.ts';

const PATIENCE_MS = 60_000;

interface Server {
  readonly child: ChildProcess;
  readonly clientPort: number;
  readonly healthPort: number;
}

const servers: Server[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const { child } of servers.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true });
});

/** What the operator puts into the Secret: the server's part, and its own. */
function accounts(): { authConf: string; creds: string } {
  const data = natsSecretData(makeNatsKeys());
  return { authConf: data['auth.conf'] ?? '', creds: data['operator.creds'] ?? '' };
}

/** The servers of the chart, on loopback: only addresses and folders differ. */
async function startServers(replicas: 1 | 3, authConf: string): Promise<void> {
  const rendered = await render({ nats: { replicas } });
  const config = find(rendered, 'ConfigMap', 'sc-nats').data?.['nats.conf'] ?? '';
  const routes = await Promise.all(Array.from({ length: replicas }, () => freePort()));
  for (const [index, routePort] of routes.entries()) {
    await startServer({ index, config, routes, routePort, authConf });
  }
}

async function startServer(options: {
  readonly index: number;
  readonly config: string;
  readonly routes: readonly number[];
  readonly routePort: number;
  readonly authConf: string;
}): Promise<void> {
  const { index, config, routes, routePort, authConf } = options;
  const [clientPort, healthPort] = [await freePort(), await freePort()];
  const folder = scratchFolder('chart-nats');
  folders.push(folder);
  const local = config
    .replaceAll(
      /sc-nats-(\d)\.sc-nats-pods:6222/g,
      (_all, at) => `127.0.0.1:${routes[Number(at)] ?? 0}`,
    )
    .replace('port: 6222', `listen: 127.0.0.1:${routePort}`)
    .replace('port: 4222', `listen: 127.0.0.1:${clientPort}`)
    .replace('http_port: 8222', `http: 127.0.0.1:${healthPort}`)
    .replace('/data', path.join(folder, 'data'));
  fs.writeFileSync(path.join(folder, 'nats.conf'), local);
  fs.writeFileSync(path.join(folder, 'auth.conf'), authConf);
  const child = spawn(binary('nats-server'), ['--config', path.join(folder, 'nats.conf')], {
    env: { POD_NAME: `sc-nats-${index}` },
    stdio: 'ignore',
  });
  servers.push({ child, clientPort, healthPort });
}

function health({ healthPort }: Server, query: string): Promise<number> {
  return fetch(`http://127.0.0.1:${healthPort}/healthz${query}`).then(({ status }) => status);
}

describe.each([1, 3] as const)('%i servers with the configuration of the chart', (replicas) => {
  it('hold a directory for who has the operator’s credentials, and for nobody else', async () => {
    await exec(path.join(ROOT, 'scripts/nats-server.sh'), []);
    const { authConf, creds } = accounts();
    await startServers(replicas, authConf);
    for (const server of servers) {
      await eventuallyTrue('ready', PATIENCE_MS, async () => {
        return (await health(server, '?js-enabled-only=true')) === 200;
      });
    }
    const url = servers.map(({ clientPort }) => `nats://127.0.0.1:${clientPort}`);
    const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
    const nc = await connect({ servers: url, authenticator });
    const kv = await eventually('a bucket', PATIENCE_MS, () =>
      new Kvm(nc).create('sc-uid', { replicas, markerTTL: 60_000 }),
    );
    await kv.put('a', 'b');
    expect((await kv.get('a'))?.string()).toBe('b');
    const { streamInfo } = await kv.status();
    expect(streamInfo.config.storage).toBe('file');
    expect(streamInfo.config.num_replicas).toBe(replicas);
    await nc.close();
    await expect(connect({ servers: url, reconnect: false })).rejects.toThrow(/authorization/i);
  });
});

describe('the first of three servers', () => {
  it('is ready without the others, so that all of them may start', async () => {
    const { authConf } = accounts();
    await startServers(3, authConf);
    for (const { child } of servers.slice(1)) child.kill('SIGKILL');
    const [first] = servers;
    await eventuallyTrue('ready', PATIENCE_MS, async () => {
      return first !== undefined && (await health(first, '?js-enabled-only=true')) === 200;
    });
  });
});
