import type { Bus } from '@streamcluster/worker/testing';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Run } from './run.ts';
import { withoutCompareAndSet, withWatchThatEnds } from './testing/broken-bus.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** The one that runs TypeScript. */
const NODE = path.join(ROOT, 'node_modules/.bin/node');
const TIMEOUT_MS = 240_000;

/** What it prints; it fails where an invariant did not hold. */
async function command(...args: string[]): Promise<string> {
  const main = path.join(import.meta.dirname, 'main.ts');
  const run = promisify(execFile)(NODE, [main, ...args], { maxBuffer: 1e8 });
  return (await run.catch((error: unknown) => error as { stdout: string })).stdout;
}

describe('a cluster under faults', () => {
  it('keeps every invariant, of 500 seeds', { timeout: TIMEOUT_MS }, async () => {
    expect(await command('--seeds', '1..500')).toMatch(/^500 seeds, .*all invariants held\n$/);
  });

  it('goes the same way again, in another process, line by line', async () => {
    for (const seed of [3, 33, 147]) {
      const lines: string[] = [];
      const { hash, steps } = await new Run({ seed, print: (line) => lines.push(line) }).play();
      const told = (await command('--seed', String(seed))).trimEnd().split('\n');
      expect(told.pop()).toBe(`seed ${seed}: ${steps} steps, trace ${hash}, all invariants held`);
      expect(told).toEqual(lines);
    }
    const other = await new Run({ seed: 4 }).play();
    expect(other.hash).not.toBe((await new Run({ seed: 5 }).play()).hash);
  });
});

/** What is found first of a bus that is broken on purpose, within so many seeds. */
async function found(seen: (bus: Bus) => Bus, seeds: number): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { fault } = await new Run({ seed, seen }).play();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

describe('what is broken on purpose is found', () => {
  it('a bus without compare-and-set', { timeout: TIMEOUT_MS }, async () => {
    expect(await found(withoutCompareAndSet, 200)).toMatch(/^(epochs grow|one )/);
  });

  it('a watch that ends without a word', { timeout: TIMEOUT_MS }, async () => {
    expect(await found(withWatchThatEnds, 20)).toMatch(/believes|published at|written nothing/);
  });
});
