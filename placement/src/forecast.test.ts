import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Forecast } from './forecast.ts';
import { names, TestFleet } from './testing/fleet.ts';

describe('Forecast', () => {
  it('knows those who take part, and ignores the others', () => {
    const fleet = new TestFleet(['a', 'b', 'c'])
      .change('b', { isDraining: true })
      .change('c', { isSilent: true });
    const forecast = Forecast.of(fleet.picture());
    forecast.add('a', 0.3);
    forecast.add('b', 9);
    expect(forecast.workers).toBe(1);
    expect(forecast.balance).toEqual({ maxLoad: 0.3, meanLoad: 0.3, maxOverMean: 1 });
    expect(forecast.loadOf('b')).toBeUndefined();
  });

  it('pours where there is least', () => {
    const poured = (load: number): (number | undefined)[] => {
      const forecast = new Forecast([
        ['a', 1],
        ['b', 3],
        ['c', 2],
      ]);
      forecast.pour(load, ['a', 'b', 'c', 'elsewhere']);
      return ['a', 'b', 'c'].map((id) => forecast.loadOf(id));
    };
    expect(poured(0)).toEqual([1, 3, 2]);
    expect(poured(0.5)).toEqual([1.5, 3, 2]);
    expect(poured(2)).toEqual([2.5, 3, 2.5]);
    expect(poured(6)).toEqual([4, 4, 4]);
  });

  it('loses nothing, raises nobody above others who got something, and leaves copies alone', () => {
    const loads = fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 20, noNaN: true }), (before, amount) => {
        const ids = names(before.length);
        const original = new Forecast(ids.map((id, at) => [id, before[at] ?? 0]));
        const forecast = original.copy();
        forecast.pour(amount, ids);
        const after = ids.map((id) => forecast.loadOf(id) ?? 0);
        const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
        expect(sum(after)).toBeCloseTo(sum(before) + amount, 6);
        const raised = after.filter((load, at) => load > (before[at] ?? 0));
        for (const load of raised) expect(load).toBeLessThanOrEqual(Math.min(...raised) + 1e-9);
        expect(ids.map((id) => original.loadOf(id))).toEqual(before);
      }),
    );
  });
});
