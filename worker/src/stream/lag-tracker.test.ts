import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LagTracker } from './lag-tracker.ts';

it('finds the position a given time behind the head, up to one sample', () => {
  const frames = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1_000, max: 8_000 }), (steps, lagMs) => {
      const tracker = new LagTracker();
      let dtsMs = 0;
      for (const step of steps) {
        dtsMs += step;
        // One byte a millisecond: position and time are the same number.
        if (!tracker.isDue(dtsMs, lagMs)) continue;
        const position = tracker.sample(dtsMs, dtsMs, lagMs);
        expect(position).toBeLessThanOrEqual(Math.max(0, dtsMs - lagMs));
        const slack = lagMs / 32 + 600;
        if (dtsMs > 2 * lagMs) expect(dtsMs - position).toBeLessThanOrEqual(lagMs + slack);
      }
    }),
  );
});
