import { describe, expect, it } from 'vitest';
import { PackageMeter } from './package-meter.ts';

describe('package meter', () => {
  it('comes near the sum without timing every frame', () => {
    const meter = new PackageMeter();
    let trueMs = 0;
    let timed = 0;
    // Pictures and sounds in turn, a large picture now and then.
    for (let i = 0; i < 100_000; i += 1) {
      const tookMs = i % 50 === 0 ? 2 : i % 2 === 0 ? 0.02 : 0.005;
      trueMs += tookMs;
      if (!meter.isDue()) continue;
      timed += 1;
      meter.note(tookMs);
    }
    expect(timed).toBeLessThan(100_000 / 30);
    expect(meter.totalMs).toBeGreaterThan(trueMs * 0.97);
    expect(meter.totalMs).toBeLessThan(trueMs * 1.03);
  });
});
