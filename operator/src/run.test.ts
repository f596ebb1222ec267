import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTimeOf } from './local/procfs.ts';
import { eventually } from './testing/eventually.ts';
import { TestNats } from './testing/nats-server.ts';
import { scratchFolder } from './testing/scratch.ts';
import { testPort } from './testing/test-port.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NODE = path.join(ROOT, 'node_modules/.bin/node');
const READY_MS = 60_000;
const PATIENCE_MS = 20_000;

interface WorkerItem {
  readonly id: string;
  readonly state: string;
  readonly pid: number;
}

/** `make run`, on ports and in a folder of its own. */
class Run {
  output = '';
  private readonly child: ChildProcess;
  private readonly apiPort: number;
  private readonly folder: string;

  private constructor(folder: string, env: NodeJS.ProcessEnv, apiPort: number) {
    this.folder = folder;
    this.apiPort = apiPort;
    this.child = spawn(NODE, [path.join(ROOT, 'operator/src/run.ts')], {
      env: { ...process.env, SC_RUN_DIR: folder, ...env, SC_API_PORT: String(apiPort) },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  static async start(folder: string, env: NodeJS.ProcessEnv = {}): Promise<Run> {
    const [rtmp, http, api] = [await testPort(), await testPort(), await testPort()];
    const ports = { SC_RTMP_PORT: String(rtmp), SC_HTTP_PORT: String(http) };
    return new Run(folder, { ...ports, SC_FILE: path.join(folder, 'cluster.yaml'), ...env }, api);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ready(): Promise<void> {
    await eventually('ready', READY_MS, () => {
      if (this.child.exitCode !== null) throw new Error(this.output);
      return this.output.includes('Streamcluster is ready');
    });
  }

  async get<Answer>(url: string): Promise<Answer> {
    return (await (await fetch(`http://127.0.0.1:${this.apiPort}${url}`)).json()) as Answer;
  }

  async workers(): Promise<WorkerItem[]> {
    const url = '/api/v1/clusters/default/test/workers';
    return (await this.get<{ items: WorkerItem[] }>(url)).items;
  }

  /** Pids of workers and NATS. */
  children(): number[] {
    const text = readFileSync(path.join(this.folder, 'run.json'), 'utf8');
    return (JSON.parse(text) as { children: { pid: number }[] }).children.map(({ pid }) => pid);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'close');
    this.child.kill(signal);
    await ended;
    return this.child.exitCode;
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }
}

describe('make run', { timeout: 120_000 }, () => {
  let folder: ReturnType<typeof scratchFolder>;
  let run: Run | undefined;

  beforeEach(() => {
    folder = scratchFolder();
    write('fixed: {replicas: 2}');
  });
  afterEach(async () => {
    await run?.end('SIGKILL');
    folder[Symbol.dispose]();
  });

  function write(spec: string): void {
    const head = 'apiVersion: streamcluster.dev/v1alpha1\nkind: StreamCluster\n';
    const text = `${head}metadata: {name: test}\nspec: {${spec}}\n`;
    writeFileSync(path.join(folder.path, 'cluster.yaml'), text);
  }

  async function gone(pids: readonly number[]): Promise<void> {
    await eventually('all gone', PATIENCE_MS, () =>
      pids.every((pid) => startTimeOf(pid) === undefined),
    );
  }

  it('serves, scales by an edit of the file, replaces who dies, stops all of it', async () => {
    run = await Run.start(folder.path);
    await run.ready();
    const running = run;
    const [first] = await run.workers();
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await eventually('back', 5_000, async () => {
      const [now] = await running.workers();
      return now?.state === 'ready' && now.pid !== first?.pid;
    });
    write('fixed: {replicas: 1}');
    await eventually('one', PATIENCE_MS, async () => (await running.workers()).length === 1);
    write('fixed: {replicas: one}');
    await eventually('refusal', PATIENCE_MS, () =>
      running.output.includes('RESOURCE_INVALID: StreamCluster refused'),
    );
    expect(run.output).toContain('cluster.yaml:4:16: spec.fixed.replicas');
    const status = readFileSync(path.join(folder.path, 'status.yaml'), 'utf8');
    expect(status).toContain('kind: StreamCluster');
    const pids = run.children();
    expect(pids).toHaveLength(2);
    expect(await run.end('SIGINT')).toBe(0);
    await gone(pids);
  });

  it('kills no worker for a NATS that hangs, but one that hangs itself', async () => {
    run = await Run.start(folder.path);
    await run.ready();
    const running = run;
    const before = await run.workers();
    const nats = natsOf(run.pid);
    process.kill(nats, 'SIGSTOP');
    await eventually('noticed', PATIENCE_MS, async () => {
      const { status } = await running.get<{ status: string }>('/readyz');
      return status === 'NATS_UNREACHABLE';
    });
    process.kill(nats, 'SIGCONT');
    await eventually('back', PATIENCE_MS, async () => {
      const { status } = await running.get<{ status: string }>('/readyz');
      return status === 'ok';
    });
    expect((await run.workers()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
    const hung = before[0]?.pid ?? 0;
    process.kill(hung, 'SIGSTOP');
    await eventually('replaced', PATIENCE_MS, async () => {
      const [now] = await running.workers();
      return now?.state === 'ready' && now.pid !== hung;
    });
    expect(run.output).toContain('WORKER_HUNG w-0');
    expect((await run.workers())[1]?.pid).toBe(before[1]?.pid);
  });

  it('leaves nothing behind when it is killed, and starts again over what was left', async () => {
    run = await Run.start(folder.path);
    await run.ready();
    const pids = run.children();
    expect(pids).toHaveLength(3);
    await run.end('SIGKILL');
    await gone(pids);
    run = await Run.start(folder.path);
    await run.ready();
    const second = await Run.start(folder.path);
    expect(await second.ended()).toBe(1);
    expect(second.output).toContain('ALREADY_RUNNING');
    expect(await run.end('SIGTERM')).toBe(0);
  });

  it('serves without NATS, says so, and goes on when it comes', async () => {
    const nats = await TestNats.prepare(path.join(folder.path, 'own-nats'));
    write(`fixed: {replicas: 1}, nats: {url: "${nats.url}"}`);
    run = await Run.start(folder.path);
    const running = run;
    await eventually('complaint', PATIENCE_MS, () => running.output.includes('NATS_UNREACHABLE'));
    const { status } = await eventually('status', PATIENCE_MS, async () => {
      const { items } = await running.get<{ items: { status: { phase: string } }[] }>(
        '/api/v1/clusters',
      );
      return items[0];
    });
    expect(status.phase).toBe('Pending');
    expect(await run.get('/readyz')).toEqual({ status: 'NATS_UNREACHABLE' });
    expect(await run.get('/healthz')).toEqual({ status: 'ok' });
    nats.start();
    await run.ready();
    expect(await run.end('SIGINT')).toBe(0);
    await nats.stop();
  });

  it.each([
    ['a port in use', 'PORT_IN_USE', {}],
    ['no such file', 'RESOURCE_UNREADABLE', { SC_FILE: '/nowhere.yaml' }],
    ['a port that is none', 'OPTIONS_INVALID', { SC_HTTP_PORT: 'http' }],
  ])('ends with a code: %s', async (_what, code, env) => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    run = await Run.start(folder.path, { SC_RTMP_PORT: String(port), ...env });
    expect(await run.ended()).toBe(1);
    expect(run.output).toContain(`${code}: `);
    if (code === 'PORT_IN_USE') expect(run.output).toContain(`${port}, by `);
    server.close();
  });
});

/** The server is a child of its wrapper, which is a child of the run. */
function natsOf(pid: number): number {
  const wrappers = childrenOf(pid).flatMap(childrenOf);
  const nats = wrappers.find((one) => commandOf(one).includes('nats-server'));
  if (nats === undefined) throw new Error('no nats-server runs');
  return nats;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8');
}
