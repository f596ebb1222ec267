import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { KubeError } from './api-error.ts';
import { RequestGate } from './request-gate.ts';

describe('RequestGate', () => {
  const { signal } = new AbortController();
  let clock: ManualClock;
  let entered: number[];
  beforeEach(() => {
    clock = new ManualClock();
    entered = [];
  });

  function gateWith(maxConcurrent: number): RequestGate {
    return new RequestGate({ perSecond: 10, burst: 3, maxConcurrent, clock });
  }

  function enter(gate: RequestGate, id: number): void {
    void gate.enter(signal).then(() => entered.push(id));
  }

  it('lets a burst in, then so many a second, first come first served', async () => {
    const gate = gateWith(100);
    for (let i = 0; i < 10; i += 1) enter(gate, i);
    await clock.advance(0);
    expect(entered).toEqual([0, 1, 2]);
    await clock.advance(250);
    expect(entered).toEqual([0, 1, 2, 3, 4]);
    await clock.advance(1_000);
    expect(entered).toHaveLength(10);
  });

  it('lets so many in at once', async () => {
    const gate = gateWith(2);
    for (let i = 0; i < 3; i += 1) enter(gate, i);
    await clock.advance(5_000);
    expect(entered).toEqual([0, 1]);
    gate.leave();
    await clock.advance(0);
    expect(entered).toEqual([0, 1, 2]);
  });

  it('forgets who is aborted while it waits', async () => {
    const gate = gateWith(1);
    enter(gate, 0);
    const aborter = new AbortController();
    const aborted = gate.enter(aborter.signal);
    enter(gate, 2);
    aborter.abort(new Error('late'));
    await expect(aborted).rejects.toThrow('late');
    gate.leave();
    await clock.advance(0);
    expect(entered).toEqual([0, 2]);
  });

  it('refuses when too many wait', async () => {
    const gate = gateWith(1);
    for (let i = 0; i < 1_001; i += 1) enter(gate, i);
    await expect(gate.enter(signal)).rejects.toBeInstanceOf(KubeError);
  });
});
