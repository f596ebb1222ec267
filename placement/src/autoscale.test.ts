import { describe, expect, it } from 'vitest';
import { autoscale, neededWorkers, type Recommendation } from './autoscale.ts';

const SPEC = {
  minReplicas: 1,
  maxReplicas: 40,
  streamsPerWorker: 10,
  bufferStreams: 5,
  scaleDownStabilizationSeconds: 300,
};

describe('neededWorkers', () => {
  it.each([
    [0, 1],
    [5, 1],
    [6, 2],
    [60, 7],
  ])('for %d streams is %d', (streams, workers) => {
    expect(neededWorkers(SPEC, streams)).toBe(workers);
  });
});

describe('autoscale', () => {
  it('goes up at once and down after the window', () => {
    let history: readonly Recommendation[] = [];
    const at = (seconds: number, streams: number): number => {
      const result = autoscale(SPEC, streams, history, seconds * 1000);
      history = result.history;
      return result.replicas;
    };
    expect(at(0, 5)).toBe(1);
    expect(at(10, 60)).toBe(7);
    expect(at(20, 5)).toBe(7);
    expect(at(309, 5)).toBe(7);
    expect(at(311, 5)).toBe(1);
  });

  it('falls to the highest of the window, not to the newest', () => {
    let history: readonly Recommendation[] = [];
    for (const [seconds, streams] of [
      [0, 95],
      [100, 45],
      [200, 5],
    ] as const) {
      ({ history } = autoscale(SPEC, streams, history, seconds * 1000));
    }
    expect(autoscale(SPEC, 5, history, 301_000).replicas).toBe(5);
    expect(autoscale(SPEC, 5, history, 401_000).replicas).toBe(1);
  });

  it('stays between min and max and says what limits it', () => {
    const spec = { ...SPEC, minReplicas: 2, maxReplicas: 4 };
    expect(autoscale(spec, 0, [], 0)).toMatchObject({ replicas: 2, limitedBy: 'MinReplicas' });
    expect(autoscale(spec, 900, [], 0)).toMatchObject({ replicas: 4, limitedBy: 'MaxReplicas' });
    expect(autoscale(spec, 20, [], 0)).toMatchObject({ replicas: 3, limitedBy: undefined });
    const history = [{ atMs: 0, replicas: 9 }];
    expect(autoscale(spec, 20, history, 1)).toMatchObject({
      replicas: 4,
      limitedBy: 'ScaleDownWindow',
    });
  });

  it('keeps a short history however often it is asked', () => {
    let history: readonly Recommendation[] = [];
    for (let i = 0; i < 1000; i += 1) ({ history } = autoscale(SPEC, i % 7, history, i));
    expect(history.length).toBeLessThan(5);
  });
});
