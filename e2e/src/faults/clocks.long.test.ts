import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Fixture } from '../content/fixture.ts';
import type { Child } from '../harness/child.ts';
import { scratchFolder } from '../harness/paths.ts';
import { FakedClock } from './faked-clock.ts';
import { FaultSite, OPERATOR } from './fault-site.ts';
import { seen, seenText } from './seen.ts';
import { goOn, watch, type Watchers } from './watching.ts';

const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const STREAM = 'live/timed';
const HOUR_SECONDS = 3_600;
/** Longer than silence may last, of whomever. */
const SETTLE_MS = 8_000;

describe('wall clocks that jump by an hour', { timeout: 240_000 }, () => {
  const clocks = new Map<string, FakedClock>();
  let site: FaultSite;
  let source: Fixture;
  let publisher: Child;
  let watchers: Watchers;

  beforeAll(async () => {
    source = await fixture(CLIP);
    const folder = scratchFolder('clocks');
    for (const party of [OPERATOR, 'w-0', 'w-1']) clocks.set(party, new FakedClock(folder, party));
    site = await FaultSite.start('clocks', {
      workers: 3,
      env: (party) => clocks.get(party)?.env ?? {},
    });
    publisher = site.publishTo('w-0', STREAM, source.file);
    await site.entry(STREAM);
    await site.servers(STREAM).serve('w-1', []);
    watchers = await watch(site, STREAM, site.workers);
  });

  afterAll(async () => {
    await publisher.stop('SIGKILL');
    await site.stop();
  });

  it.each([
    ['w-0', HOUR_SECONDS],
    ['w-0', -HOUR_SECONDS],
    ['w-1', HOUR_SECONDS],
    ['w-1', -HOUR_SECONDS],
    [OPERATOR, HOUR_SECONDS],
    [OPERATOR, -HOUR_SECONDS],
  ])('%s by %i s: nobody notices', async (party, seconds) => {
    const before = await site.entry(STREAM);
    const reportsBefore = await reports();
    const ids = site.workers.map((worker) => `live/during-${worker}-${party}-${seconds}`);
    clocks.get(party)!.set(seconds);
    await sleep(SETTLE_MS);
    // Publishing, and being placed, as ever.
    const others = site.workers.map((worker, i) => site.publishTo(worker, ids[i]!, source.file));
    for (const [i, worker] of site.workers.entries()) {
      expect(await site.entry(ids[i]!)).toMatchObject({ ingest: worker });
    }
    await goOn(watchers.values(), 'viewers go on', 5_000);
    const lastMs = site.log(party).at(-1)?.time ?? 0;
    clocks.get(party)!.set(0);
    await sleep(SETTLE_MS);
    const offSeconds = (lastMs - Date.now()) / 1_000;
    expect(Math.abs(offSeconds - seconds)).toBeLessThan(30);
    expect(await site.entry(STREAM)).toEqual(before);
    expect((await site.api.workers()).map(({ state }) => state)).toEqual([
      'ready',
      'ready',
      'ready',
    ]);
    const came = (await reports()) - reportsBefore;
    expect(came).toBeGreaterThan(3 * 6);
    const wholes = [...watchers].map(([worker, viewer]) => {
      expect(viewer.closed).toBe(false);
      const found = seen([source], viewer.tags);
      expect(found.missing).toBe(0);
      return `${worker} ${seenText(found)}`;
    });
    console.log(
      `clock of ${party} by ${seconds} s and back: log ${offSeconds.toFixed(0)} s off, ` +
        `${came} load reports in 16 s; ${wholes.join('; ')}`,
    );
    await Promise.all(others.map((other) => other.stop('SIGKILL')));
  });

  async function reports(): Promise<number> {
    const text = await site.api.text('/metrics');
    return Number(/^streamcluster_load_reports_total\S* (\d+)/m.exec(text)?.[1] ?? 0);
  }
});
