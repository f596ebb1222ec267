import { expect, it, vi } from 'vitest';
import { Run } from './run.ts';

/** Broken on purpose: the operator forgets what it touched. */
vi.mock('../../../placement/src/cycle-state.ts', async (original) => ({
  ...(await original<object>()),
  isCoolingDown: () => false,
}));

it('finds a stream that moves again before it has cooled down', { timeout: 60_000 }, async () => {
  const faults: (string | undefined)[] = [];
  for (let seed = 1; seed <= 60; seed += 1) faults.push((await new Run({ seed }).play()).fault);
  expect(faults.join('\n')).toContain('nothing moves twice in a cool-down');
});
