import path from 'node:path';
import { expect, test } from 'vitest';
import { leftovers } from '../cluster/mod.ts';
import { Child } from '../src/harness/child.ts';
import { eventually, eventuallyTrue } from '../src/harness/eventually.ts';
import { NODE, ROOT } from '../src/harness/paths.ts';

const PROGRAM = path.join(ROOT, 'e2e/cluster/main.ts');

function folderOf(up: Child): string | undefined {
  return /^export KUBECONFIG=(.*)\/[^/]+$/m.exec(up.output)?.[1];
}

test.each(['api', 'node'])('a killed runner of level %s leaves nothing', async (level) => {
  const up = new Child(NODE, [PROGRAM, 'up', '--level', level]);
  const folder = await eventually('cluster', 240_000, () => folderOf(up));
  expect(leftovers().filter((line) => line.includes(folder))).toEqual([]);
  up.kill('SIGKILL');
  await up.ended;
  await eventuallyTrue('tear-down', 60_000, () => leftovers().length === 0);
});

test('one that is asked to end leaves nothing', async () => {
  const up = new Child(NODE, [PROGRAM, 'up', '--level', 'api']);
  await eventually('cluster', 240_000, () => folderOf(up));
  const { code } = await up.stop('SIGTERM', 60_000);
  expect(code).toBe(0);
  expect(leftovers()).toEqual([]);
});
