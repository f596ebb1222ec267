import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { NODE } from './root.ts';

const MODULE = new URL('./process.ts', import.meta.url).href;

/** Starts a server that never ends by itself, says its pid, and then dies of `how`. */
async function orphanOf(how: string): Promise<number> {
  const code = `const { ServerProcess } = await import('${MODULE}');
    const server = new ServerProcess('sleep', 0, ['sleep', '600']);
    console.log(server.pid);
    setTimeout(() => { ${how} }, 200);`;
  const parent = spawn(NODE, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  parent.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await once(parent, 'close');
  return Number(said.trim());
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it.each([
  ['an error that nobody caught', `throw new Error('lost')`],
  ['an early end', 'process.exit(1)'],
])('a server does not outlive %s of who started it', async (_, how) => {
  const pid = await orphanOf(how);
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
});
