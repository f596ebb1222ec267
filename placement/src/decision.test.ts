import { describe, expect, it } from 'vitest';
import { decisionText, type ReplicasDecision } from './decision.ts';

const REPLICAS: ReplicasDecision = {
  ...{ kind: 'Replicas', stream: 'live/x', home: 'w-0', replicas: ['w-1', 'w-2'] },
  ...{ added: ['w-1', 'w-2'], removed: [], why: 'HotByLoad' },
  ...{ load: 0.62, meanLoad: 0.31, relays: 3 },
  ...{ servers: { before: 1, after: 3 }, maxLoad: { before: 0.7, after: 0.4 } },
};

describe('decisionText', () => {
  it('says what was before and will be after, and why', () => {
    expect(
      decisionText({
        ...{ kind: 'Move', stream: 'live/x', from: 'w-0', to: 'w-1', why: 'WorkerTooBusy' },
        ...{ bound: 0.45, fromLoad: { before: 0.62, after: 0.57 } },
        toLoad: { before: 0.052, after: 0.102 },
      }),
    ).toBe(
      'home from w-0 (load 62 % to 57 %, above the bound of 45 %) to w-1 (load 5.2 % to 10 %)',
    );
    expect(decisionText(REPLICAS)).toBe(
      "served by 3 workers instead of 1: its load is 62 %, the mean worker's 31 %; added w-1, w-2; busiest worker 70 % to 40 %",
    );
    expect(
      decisionText({
        ...{ kind: 'Accepting', worker: 'w-0', accepts: false, why: 'AboveMean' },
        ...{ load: 0.5, meanLoad: 0.3 },
      }),
    ).toBe('takes no new connections for now: load 50 %, mean 30 %');
  });

  it.each([
    ['HotByRelays', '3 workers pull it'],
    ['ServerTooBusy', 'newcomers find one that is less busy'],
    ['ReplicaGone', 'a replica is gone or drains'],
    ['CooledDown', 'for a while now'],
  ] as const)('tells of %s', (why, words) => {
    expect(decisionText({ ...REPLICAS, why })).toContain(words);
  });

  it('names a few of many', () => {
    const added = Array.from({ length: 40 }, (_, at) => `w-${at}`);
    expect(decisionText({ ...REPLICAS, added })).toContain('added w-0, w-1, w-2 and 37 more');
  });
});
