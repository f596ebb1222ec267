import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { reportBytes } from '../testing/reports.ts';
import { Fleet } from './fleet.ts';
import { Sightings } from './sightings.ts';

const WORKERS = [{ name: 'w-0' }, { name: 'w-1' }];

describe('Sightings', () => {
  let clock: ManualClock;
  let fleet: Fleet;
  let sightings: Sightings;
  beforeEach(() => {
    clock = new ManualClock();
    fleet = new Fleet(clock);
    fleet.setConnected(true);
    sightings = new Sightings(fleet);
    for (const id of ['w-0', 'w-1', 'w-2']) fleet.receive(reportBytes(id), id);
  });

  it('are of those that exist, whoever reports', () => {
    expect([...sightings.of(WORKERS).keys()]).toEqual(['w-0', 'w-1']);
    fleet.receive(reportBytes('w-2'), 'w-2');
    expect([...sightings.of(WORKERS).keys()]).toEqual(['w-0', 'w-1']);
    expect([...sightings.of(WORKERS.slice(1)).keys()]).toEqual(['w-1']);
  });

  it('are the same while nothing changed', () => {
    const before = sightings.of(WORKERS);
    expect(sightings.of(WORKERS)).toBe(before);
    expect(sightings.of([...WORKERS])).toBe(before);
  });

  it.each<[string, (of: Fleet) => unknown]>([
    ['a report', (of) => of.receive(reportBytes('w-0', { publishers: 7 }), 'w-0')],
    ['a drain that was asked', (of) => of.markDraining('w-0', true)],
    ['an end', (of) => of.forget('w-0')],
  ])('follow %s', (_what, change) => {
    const before = sightings.of(WORKERS);
    change(fleet);
    const after = sightings.of(WORKERS);
    expect(after).not.toBe(before);
    expect(after.get('w-0')).not.toEqual(before.get('w-0'));
    expect(after.get('w-1')).toEqual(before.get('w-1'));
  });

  it('follow silence, to the moment, and a bus that is lost', async () => {
    await clock.advance(3_000);
    fleet.receive(reportBytes('w-1'), 'w-1');
    const silent = (): string[] =>
      [...sightings.of(WORKERS).values()].filter(({ isSilent }) => isSilent).map(({ id }) => id);
    await clock.advance(3_000);
    expect(silent()).toEqual([]);
    await clock.advance(1);
    expect(silent()).toEqual(['w-0']);
    await clock.advance(3_000);
    expect(silent()).toEqual(['w-0', 'w-1']);
    fleet.setConnected(false);
    expect(silent()).toEqual([]);
    fleet.setConnected(true);
    expect(silent()).toEqual([]);
    await clock.advance(6_001);
    expect(silent()).toEqual(['w-0', 'w-1']);
  });
});
