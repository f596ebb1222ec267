import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  dtsFromFlvTimestamp,
  FLV_CLOCK_PERIOD_MS,
  flvDistanceMs,
  flvTimestampMs,
} from './flv-clock.ts';

const dts = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.integer({ min: 2 ** 31 - 100_000, max: 2 ** 32 + 100_000 }),
  fc.integer({ min: FLV_CLOCK_PERIOD_MS - 9_000, max: FLV_CLOCK_PERIOD_MS + 9_000 }),
);

it('starts again before 2^31, and can be undone from near by', () => {
  fc.assert(
    fc.property(dts, fc.integer({ min: -60_000, max: 60_000 }), (nearMs, awayMs) => {
      const dtsMs = Math.max(0, nearMs + awayMs);
      const written = flvTimestampMs(dtsMs);
      expect(written).toBeLessThan(2 ** 31);
      expect(written).toBeGreaterThanOrEqual(0);
      expect(dtsFromFlvTimestamp(written, nearMs)).toBe(dtsMs);
      expect(flvDistanceMs(flvTimestampMs(nearMs), written)).toBe(dtsMs - nearMs);
    }),
  );
});
