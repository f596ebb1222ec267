import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { LogOutput } from './log-output.ts';

const LINE = `${'x'.repeat(1023)}\n`;
const MEBIBYTE = 1024 * 1024;

describe('log output', () => {
  it('keeps so much that is not read, drops what comes then, and says so', async () => {
    const reader = new PassThrough({ highWaterMark: 1024 });
    const output = new LogOutput(reader);
    for (let i = 0; i < 3_000; i += 1) output.write(LINE);
    expect(reader.writableLength).toBeLessThan(MEBIBYTE + 10 * LINE.length);
    let read = '';
    reader.on('data', (chunk: Buffer) => (read += chunk.toString()));
    await vi.waitFor(() => {
      expect(reader.writableLength).toBe(0);
    });
    output.write('next\n');
    await vi.waitFor(() => {
      expect(read).toContain('next\n');
    });
    const [said = '{}', next] = read.split('\n').slice(-3);
    expect(JSON.parse(said)).toMatchObject({ level: 40, msg: 'log lines dropped: unread' });
    expect((JSON.parse(said) as { lines: number }).lines).toBeGreaterThan(1_900);
    expect(next).toBe('next');
  });

  it('lets its process end when the reader hung, and is gone', { timeout: 30_000 }, async () => {
    const script = `
      import { pino } from 'pino';
      import { LogOutput } from ${JSON.stringify(path.join(import.meta.dirname, 'log-output.ts'))};
      const log = pino({ base: null }, new LogOutput(process.stdout));
      for (let i = 0; i < 20_000; i += 1) log.info({ i }, 'nobody reads this');
      process.stdin.on('close', () => process.exit(7)).resume();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    child.stdout.destroy();
    child.stdin.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(7);
  });
});
