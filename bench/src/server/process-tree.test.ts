import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuMsOf, processTree, residentBytesOf } from './process-tree.ts';

it('sums a process and its children, and leaves out who has ended', async () => {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo started; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(parent.stdout, 'data');
  const pids = processTree(parent.pid!);
  expect(pids).toHaveLength(2);
  expect(pids[0]).toBe(parent.pid);
  expect(residentBytesOf(pids)).toBeGreaterThan(residentBytesOf(pids.slice(1)));
  const ended = once(parent, 'exit');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await ended;
  expect(processTree(parent.pid!)).toEqual([]);
  expect(residentBytesOf([parent.pid!])).toBe(0);
});

it('counts CPU time', () => {
  const before = cpuMsOf([process.pid]);
  const until = performance.now() + 200;
  while (performance.now() < until);
  expect(cpuMsOf([process.pid]) - before).toBeGreaterThan(20);
});
