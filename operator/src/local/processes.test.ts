import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratchFolder } from '../testing/scratch.ts';
import { onLines } from './lines.ts';
import { LogFile } from './log-file.ts';
import { freePort, probePort } from './ports.ts';
import { runQueueWaitMs, startTimeOf } from './procfs.ts';
import { RunRecord } from './run-record.ts';
import { WorkerOutput } from './worker-output.ts';

const quiet = pino({ enabled: false });

describe('RunRecord', () => {
  let folder: ReturnType<typeof scratchFolder>;
  let file: string;
  let left: ChildProcess;

  beforeEach(() => {
    folder = scratchFolder();
    file = path.join(folder.path, 'run.json');
    left = spawn('sleep', ['60']);
  });
  afterEach(() => {
    left.kill('SIGKILL');
    folder[Symbol.dispose]();
  });

  function leave(self: object, child: object): void {
    const base = { name: 'x', pid: process.pid, startTime: startTimeOf(process.pid) };
    const record = { self: { ...base, ...self }, children: [{ ...base, ...child }] };
    writeFileSync(file, JSON.stringify(record));
  }

  it('ends what a dead run left', async () => {
    const pid = left.pid ?? 0;
    leave({ startTime: 'before' }, { pid, startTime: startTimeOf(pid) });
    const ended = once(left, 'exit');
    const { record, killed } = await RunRecord.claim(file, quiet);
    expect(killed).toBe(1);
    await ended;
    record.close();
    expect(existsSync(file)).toBe(false);
  });

  it('leaves a process alone that only has the pid of one', async () => {
    leave({ startTime: 'before' }, { pid: left.pid, startTime: 'another' });
    expect((await RunRecord.claim(file, quiet)).killed).toBe(0);
    expect(startTimeOf(left.pid ?? 0)).toBeDefined();
  });

  it('refuses while the other run lives', async () => {
    leave({}, {});
    await expect(RunRecord.claim(file, quiet)).rejects.toThrow(
      expect.objectContaining({ code: 'ALREADY_RUNNING' }),
    );
  });

  it('takes a record that is torn for none', async () => {
    writeFileSync(file, '{"self":');
    expect((await RunRecord.claim(file, quiet)).killed).toBe(0);
  });
});

describe('probePort', () => {
  it('names the port and who has it', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const refusal = probePort('127.0.0.1', port);
    await expect(refusal).rejects.toThrow(expect.objectContaining({ code: 'PORT_IN_USE' }));
    await expect(refusal).rejects.toThrow(`${port}, by `);
    await expect(refusal).rejects.toThrow(`(pid ${process.pid})`);
    server.close();
    await once(server, 'close');
    await probePort('127.0.0.1', port);
  });

  it('does not mind an address that the machine lacks', async () => {
    await probePort('192.0.2.1', await freePort('127.0.0.1'));
  });
});

describe('procfs', () => {
  it('knows this process and no other', () => {
    expect(Number(startTimeOf(process.pid))).toBeGreaterThan(0);
    expect(runQueueWaitMs(process.pid)).toBeGreaterThanOrEqual(0);
    expect(startTimeOf(2 ** 30)).toBeUndefined();
    expect(runQueueWaitMs(2 ** 30)).toBeUndefined();
  });
});

describe('onLines', () => {
  it('gives whole lines whatever the pieces, and bounds them', async () => {
    const lines: string[] = [];
    const stream = new PassThrough();
    onLines(stream, (line) => lines.push(line));
    for (const byte of Buffer.from('one\nzwölf\n\nlast')) stream.write(Buffer.of(byte));
    stream.write('\n');
    for (let i = 0; i < 20; i += 1) stream.write('x'.repeat(10_000));
    stream.end();
    await once(stream, 'end');
    expect(lines.slice(0, 4)).toEqual(['one', 'zwölf', '', 'last']);
    expect(lines[4]?.length).toBe(64 * 1024);
  });
});

describe('WorkerOutput', () => {
  it('writes all, passes on warnings, a few at a time', () => {
    const written: string[] = [];
    const passed: string[] = [];
    let isReady = false;
    let nowMs = 0;
    const log = pino({ base: null }, { write: (line: string) => passed.push(line) });
    const output = new WorkerOutput({
      worker: 'w-0',
      write: (line) => written.push(line),
      log,
      onReady: () => {
        isReady = true;
      },
      nowMs: () => nowMs,
    });
    const warning = '{"level":40,"code":"NATS_UNREACHABLE","msg":"lost"}';
    for (let i = 0; i < 100; i += 1) output.line(warning);
    output.line('{"level":30,"msg":"worker ready"}');
    output.line('{ no json');
    nowMs = 20_000;
    output.line(warning);
    expect(written).toHaveLength(103);
    expect(passed).toHaveLength(11);
    expect(isReady).toBe(true);
    expect(output.lastError).toBe('{ no json');
  });
});

describe('LogFile', () => {
  it('keeps the file of the run before', async () => {
    using folder = scratchFolder();
    const file = path.join(folder.path, 'logs/x.log');
    for (const run of ['first', 'second', 'third']) {
      const log = new LogFile(file);
      log.write(run);
      await log.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('third\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('second\n');
  });
});
