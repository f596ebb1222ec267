import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { Fleet } from '../fleet/fleet.ts';
import { realClock } from '../clock.ts';
import type { WorkerInstance } from '../reconcile/runtime.ts';
import { eventually } from '../testing/eventually.ts';
import { reportBytes } from '../testing/reports.ts';
import { scratchFolder } from '../testing/scratch.ts';
import { LogFile } from './log-file.ts';
import { startTimeOf } from './procfs.ts';
import { ResourceFile } from './resource-file.ts';
import { RunRecord } from './run-record.ts';
import { LocalRuntime } from './runtime.ts';

const FAKE_WORKER = path.join(import.meta.dirname, '../testing/fake-worker.mjs');
const PATIENCE_MS = 10_000;
const RESOURCE = `apiVersion: streamcluster.dev/v1alpha1
kind: StreamCluster
metadata: {name: test}
spec: {fixed: {replicas: 1}}
`;

describe('LocalRuntime', () => {
  let folder: ReturnType<typeof scratchFolder>;
  let runtime: LocalRuntime;
  let output: LogFile;
  let cpusGiven: (readonly number[])[];
  let env: NodeJS.ProcessEnv;
  let program: string;
  let recordFile: string;
  let accepted: [worker: string, accepting: boolean][];
  let isDeaf: boolean;

  beforeEach(async () => {
    folder = scratchFolder();
    env = {};
    program = process.execPath;
    cpusGiven = [];
    accepted = [];
    isDeaf = false;
    const file = path.join(folder.path, 'cluster.yaml');
    recordFile = path.join(folder.path, 'run.json');
    writeFileSync(file, RESOURCE);
    const log = pino({ level: 'silent' });
    output = new LogFile(path.join(folder.path, 'logs/workers.log'));
    runtime = new LocalRuntime({
      resourceFile: new ResourceFile(file, log),
      statusFile: path.join(folder.path, 'status.yaml'),
      output,
      record: (await RunRecord.claim(recordFile, pino({ enabled: false }))).record,
      topology: [{ node: 0, cpus: [0, 1] }],
      command: (_resource, { name, cpus }) => {
        cpusGiven.push(cpus);
        return { file: program, args: [FAKE_WORKER, name], env };
      },
      accept: (worker, accepting) => {
        if (isDeaf) return Promise.reject(new Error('deaf'));
        accepted.push([worker, accepting]);
        return Promise.resolve();
      },
      log,
    });
  });
  afterEach(async () => {
    await runtime.stopAll();
    await output.close();
    folder[Symbol.dispose]();
  });

  async function instance(name: string): Promise<WorkerInstance | undefined> {
    return (await runtime.list()).find((one) => one.name === name);
  }

  function phase(name: string, wanted: WorkerInstance['phase']): Promise<WorkerInstance> {
    return eventually(`${name} ${wanted}`, PATIENCE_MS, async () => {
      const found = await instance(name);
      return found?.phase === wanted ? found : undefined;
    });
  }

  function ready(name: string): Promise<boolean> {
    return eventually(`${name} ready`, PATIENCE_MS, async () => (await instance(name))?.isReady);
  }

  function pids(): number[] {
    const record = JSON.parse(readFileSync(recordFile, 'utf8')) as { children: { pid: number }[] };
    return record.children.map(({ pid }) => pid);
  }

  it('starts a process, pinned, recorded, and knows when it serves', async () => {
    await runtime.create(0);
    expect((await instance('w-0'))?.isReady).toBe(false);
    await ready('w-0');
    expect(pids()).toHaveLength(1);
    expect(cpusGiven).toEqual([[0]]);
  });

  it('says once that workers share CPUs', async () => {
    for (const slot of [0, 1, 2, 3]) await runtime.create(slot);
    expect(cpusGiven).toEqual([[0], [1], [0], [1]]);
    const shared = runtime.events.filter(({ reason }) => reason === 'CpusShared');
    expect(shared).toHaveLength(1);
  });

  it('keeps one that ended by itself until it is deleted, with its last error', async () => {
    env = { FAKE_FAILS: 'yes' };
    await runtime.create(0);
    const { exit } = await phase('w-0', 'exited');
    expect(exit).toMatchObject({
      detail: 'exit code 1 (ENGINE_MISSING: build it)',
      kind: 'failed',
    });
    expect(pids()).toEqual([]);
    await runtime.delete('w-0', 0);
    expect(await runtime.list()).toEqual([]);
  });

  it('shows a command that is not there as an exit', async () => {
    program = '/nowhere/node';
    await runtime.create(0);
    const { exit } = await phase('w-0', 'exited');
    expect(exit?.detail).toContain('ENOENT');
  });

  it('drains before it ends, and forgets', async () => {
    await runtime.create(0);
    await ready('w-0');
    await runtime.delete('w-0', 60);
    expect((await instance('w-0'))?.phase).toBe('stopping');
    await eventually('gone', PATIENCE_MS, async () => (await runtime.list()).length === 0);
    await eventually('in the log', PATIENCE_MS, () =>
      readFileSync(path.join(folder.path, 'logs/workers.log'), 'utf8').includes(
        'w-0 | {"level":30,"msg":"drain started"}',
      ),
    );
  });

  it('ends one that does not drain in its grace', async () => {
    env = { FAKE_DRAINS: 'never' };
    await runtime.create(0);
    await ready('w-0');
    await runtime.delete('w-0', 0.2);
    await eventually('gone', PATIENCE_MS, async () => (await runtime.list()).length === 0);
  });

  it('kills one that hangs, and only that', async () => {
    const fleet = new Fleet(realClock);
    fleet.setConnected(true);
    for (const slot of [0, 1]) await runtime.create(slot);
    await ready('w-0');
    await ready('w-1');
    const [hung = 0, well = 0] = pids();
    let sequence = 1n;
    const report = setInterval(() => {
      sequence += 1n;
      fleet.receive(reportBytes('w-1', { pid: well, sequence }), 'w-1');
    }, 200);
    fleet.receive(reportBytes('w-0', { pid: hung, sequence: 1n }), 'w-0');
    process.kill(hung, 'SIGSTOP');
    runtime.watchHangs(fleet);
    const { exit } = await phase('w-0', 'exited');
    clearInterval(report);
    expect(exit).toMatchObject({ kind: 'hung' });
    expect((await instance('w-1'))?.phase).toBe('running');
    expect(startTimeOf(hung)).toBeUndefined();
  });

  it('has newcomers kept from a worker until it heard that they may come again', async () => {
    await runtime.create(0);
    await runtime.mark('w-0', { accepting: true, busy: true });
    expect(accepted).toEqual([]);
    await runtime.mark('w-0', { accepting: false, busy: true });
    isDeaf = true;
    await runtime.mark('w-0', { accepting: true, busy: false });
    expect((await instance('w-0'))?.marks).toEqual({ accepting: false, busy: false });
    isDeaf = false;
    await runtime.mark('w-0', { accepting: true, busy: false });
    expect((await instance('w-0'))?.marks.accepting).toBe(true);
    expect(accepted).toEqual([
      ['w-0', false],
      ['w-0', true],
    ]);
  });

  it('marks one that a user wants emptied, and calls its end no failure', async () => {
    await runtime.create(0);
    await ready('w-0');
    await runtime.askDrain('w-0', true);
    expect((await instance('w-0'))?.drainAsked).toBe('Command');
    await runtime.askDrain('w-0', false);
    expect((await instance('w-0'))?.drainAsked).toBeUndefined();
    await runtime.askDrain('w-0', true);
    // The operator would tell it to drain; it ends when it is empty.
    process.kill(pids()[0] ?? 0, 'SIGTERM');
    expect((await phase('w-0', 'exited')).exit?.kind).toBe('drained');
    await expect(runtime.askDrain('w-9', true)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('writes the status beside, as YAML', async () => {
    await runtime.writeStatus({ phase: 'Ready', readyReplicas: 1 } as never);
    const text = readFileSync(path.join(folder.path, 'status.yaml'), 'utf8');
    expect(YAML.parse(text)).toMatchObject({
      kind: 'StreamCluster',
      metadata: { name: 'test', namespace: 'default' },
      status: { phase: 'Ready', readyReplicas: 1 },
    });
  });
});
