import { describe, expect, it } from 'vitest';
import { ours } from '../strategies/ours.ts';
import { leastLoaded, placed } from '../strategies/placements.ts';
import { nothing } from '../strategies/peers.ts';
import { churnBound, randomBound, twoChoicesBound } from './bounds.ts';
import { fail } from './failures.ts';
import { freshImbalance } from './fresh.ts';
import { redirectRun } from './redirect.ts';
import { scaleUp } from './scale-up.ts';
import { mean } from './scenario.ts';
import { staleRun } from './stale.ts';
import { arrive } from './staying.ts';
import { update } from './update.ts';

const STALE = { name: '', perSecond: 50, lost: 0.2, delayMs: 2_000 };

describe('new streams', () => {
  const imbalance = (name: 'Random' | 'TwoChoices' | 'least-loaded'): number => {
    const place = name === 'least-loaded' ? leastLoaded : placed(name);
    return mean([1, 2, 3].map((seed) => freshImbalance({ name, place }, STALE, seed)));
  };

  it('lie evenly by our placement on stale reports, and not by that of the least loaded', () => {
    expect(imbalance('Random')).toBeLessThan(1.6);
    expect(imbalance('TwoChoices')).toBeLessThan(1.4);
    expect(imbalance('least-loaded')).toBeGreaterThan(3);
  });
});

describe('redirect mode', () => {
  it('is even within two cycles, with few streams touched, and the same for the same seed', () => {
    const options = { seed: 4, exponent: 1.2, asking: 1 };
    const run = redirectRun(ours(), options);
    expect(run.start).toBeGreaterThan(5);
    expect(run.afterTwo).toBeLessThanOrEqual(1.25);
    expect(run.mostTouched).toBeLessThanOrEqual(0.02);
    expect(run.interrupted).toBe(0);
    expect(run.end).toBeLessThan(run.bestWhole);
    expect(redirectRun(ours(), options)).toEqual(run);
    expect(redirectRun(ours(), { ...options, seed: 5 })).not.toEqual(run);
    expect(redirectRun(nothing(), options).end).toBeGreaterThan(5);
  });

  it('spreads viewers who stay and come faster than replicas do', () => {
    const cluster = { mode: 'Redirect', workers: 6, streams: 60, viewers: 2_000 } as const;
    const options = { ...cluster, exponent: 1, asking: 0, churn: 0 };
    const crowd = { options, forOne: 0.9, overMs: 30_000 };
    expect(arrive(ours(), crowd, 1).balance.maxOverMean).toBeLessThanOrEqual(1.25);
    expect(arrive(nothing(), crowd, 1).balance.maxOverMean).toBeGreaterThan(3);
    // Within one report; only where they land can help.
    const sudden = { ...crowd, overMs: 5_000 };
    expect(arrive(ours(), sudden, 1).balance.maxOverMean).toBeLessThan(1.6);
  });

  it('stays even on reports that are late and lost, and rests while the bus is ill', () => {
    const late = staleRun({ lost: 0.33, delayMs: 2_000, silent: 0 }, 1);
    expect(late.worst).toBeLessThanOrEqual(1.25);
    const ill = staleRun({ lost: 0, delayMs: 0, silent: 16 }, 1);
    expect(ill.sim.tally.streamsTouched).toBe(0);
  });
});

describe('Service mode', () => {
  it('spreads newcomers over new workers and cuts nobody', () => {
    const options = { kind: 'stays', streams: 5 } as const;
    const steered = scaleUp({ ...options, make: () => ours() }, 1);
    const alone = scaleUp({ ...options, make: nothing }, 1);
    expect(steered.viewersAt90).toBeLessThanOrEqual(1.25);
    expect(steered.loadAt90).toBeLessThanOrEqual(1.25);
    expect(steered.interrupted).toBe(0);
    expect(alone.viewersAt90).toBeGreaterThan(1.35);
  });

  it('interrupts nobody twice in a rolling update', () => {
    const { sim, after } = update({ make: () => ours(), closesOutdated: true }, 'Service', 1);
    expect(sim.cluster.workers.slice(0, 40).some(({ isAlive }) => isAlive)).toBe(false);
    expect(sim.cluster.alive).toHaveLength(40);
    expect(sim.audience.mostCuts).toBe(1);
    expect(after).toBeLessThanOrEqual(1.25);
  });

  it('interrupts only those who were on workers that died, and leaves nobody without a way', () => {
    const run = fail(ours(), 'Service', { dying: 10, everyMs: 0 }, 1);
    expect(run.sim.audience.interrupted).toBe(run.onThem);
    expect(run.onThem).toBeGreaterThan(1_000);
    expect(run.unfed).toBe(0);
    expect(run.end).toBeLessThanOrEqual(1.25);
  });
});

describe('what theory says', () => {
  it('is known for 40 workers with 25 streams each', () => {
    expect(randomBound(40, 25)).toBeCloseTo(1.54, 2);
    expect(twoChoicesBound(40, 25)).toBeCloseTo(1.08, 2);
  });

  it('lets nobody go faster than viewers do', () => {
    expect(churnBound(37, 0.01, 100)).toBeCloseTo(13.6, 1);
    expect(churnBound(2, 0.01, 1_000)).toBe(1);
  });
});
