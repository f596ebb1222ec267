import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { Pauses } from './pauses.ts';

function hold(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it('lets others have the loop, and says how long it was held at a time', async () => {
  const pauses = new Pauses();
  let others = 0;
  const timer = setInterval(() => (others += 1), 1);
  expect(Array.from({ length: 50 }, () => new Pauses().areDue)).toContain(false);
  for (const ms of [3, 40, 3]) {
    hold(ms);
    expect(pauses.areDue).toBe(true);
    const before = others;
    await pauses.take();
    await pauses.take();
    expect(others).toBeGreaterThan(before);
  }
  clearInterval(timer);
  const [, held, own] = /^held;dur=([\d.]+), own;dur=([\d.]+)$/.exec(pauses.serverTiming()) ?? [];
  expect(Number(held)).toBeGreaterThanOrEqual(40);
  expect(Number(own)).toBeLessThanOrEqual(Number(held));
});
