import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuCount, isWholeCpus, memoryBytes, milliCpus } from './quantity.ts';

describe('CPUs', () => {
  it.each([
    [1, 1000, 1, true],
    [64, 64_000, 64, true],
    ['2', 2000, 2, true],
    ['2000m', 2000, 2, true],
    ['250m', 250, 1, false],
    ['1500m', 1500, 2, false],
    ['1m', 1, 1, false],
  ])('%s', (cpus, milli, count, isWhole) => {
    expect(milliCpus(cpus)).toBe(milli);
    expect(cpuCount(cpus)).toBe(count);
    expect(isWholeCpus(cpus)).toBe(isWhole);
  });

  it('are whole exactly when their thousandths are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64_000 }), (milli) => {
        expect(isWholeCpus(`${milli}m`)).toBe(milli % 1000 === 0);
        expect(cpuCount(`${milli}m`) * 1000 - milli).toBeLessThan(1000);
      }),
    );
  });
});

describe('memoryBytes', () => {
  it.each([
    ['512', 512],
    ['1k', 1000],
    ['3M', 3_000_000],
    ['1G', 1_000_000_000],
    ['2Ki', 2048],
    ['64Mi', 67_108_864],
    ['1Gi', 1_073_741_824],
  ])('of %s', (memory, bytes) => {
    expect(memoryBytes(memory)).toBe(bytes);
  });
});
