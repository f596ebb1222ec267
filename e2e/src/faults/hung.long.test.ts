import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Crowd } from '../clients/crowd.ts';
import { fixture, type Fixture } from '../content/fixture.ts';
import type { Child } from '../harness/child.ts';
import { eventually, eventuallyTrue, within } from '../harness/eventually.ts';
import { CpuLimit } from './cpu-limit.ts';
import { FaultSite, MEDIA_PORTS } from './fault-site.ts';
import { seen, seenText } from './seen.ts';
import { exceptAt, goOn, watch, type Watchers } from './watching.ts';

const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const OTHER_CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 250_000, seed: 8 };
/** What is there of a stream for those who were away: its playlist's segments. */
const WINDOW_MS = 12_000;
const HEARS_MS = 3_000;

describe('a worker that nobody ends, because it hangs or is slow', { timeout: 300_000 }, () => {
  let site: FaultSite;
  let [source, other]: [Fixture?, Fixture?] = [];
  let publishers: Child[] = [];
  let watchers: Watchers = new Map();
  let limit: CpuLimit | undefined;

  beforeAll(async () => {
    source = await fixture(CLIP);
    other = await fixture(OTHER_CLIP);
    site = await FaultSite.start('hung', { workers: 4 });
  });

  afterEach(async () => {
    limit?.lift();
    for (const worker of site.workers) site.process(worker).kill('SIGCONT');
    for (const viewer of watchers.values()) viewer.close();
    await Promise.all(publishers.map((publisher) => publisher.stop('SIGKILL')));
    publishers = [];
  });

  afterAll(() => site.stop());

  function publish(worker: string, stream: string, clip: Fixture): Child {
    const publisher = site.publishTo(worker, stream, clip.file);
    publishers.push(publisher);
    return publisher;
  }

  /** By w-0, with home w-1, watched on all of them. */
  async function served(stream: string): Promise<void> {
    publish('w-0', stream, source!);
    await site.entry(stream);
    await site.servers(stream).serve('w-1', []);
    watchers = await watch(site, stream, site.workers);
  }

  function print(what: string): Map<string, ReturnType<typeof seen>> {
    const found = [...watchers].map(([worker, { tags, error, closed }]) => {
      const one = seen([source!, other!], tags);
      console.log(`${what}: viewer at ${worker}: ${seenText(one)}`);
      expect(error).toBeUndefined();
      expect(closed).toBe(false);
      return [worker, one] as const;
    });
    return new Map(found);
  }

  it.each([10, 60])('a home for %i s: replaced, and no home when it wakes', async (seconds) => {
    const stream = `live/home-${seconds}`;
    const what = `home hung for ${seconds} s`;
    await served(stream);
    const before = await site.entry(stream);
    site.process('w-1').kill('SIGSTOP');
    const stoppedMs = performance.now();
    const moved = await eventually('another home', 15_000, async () => {
      const entry = await site.peek(stream);
      return entry !== undefined && entry.home !== 'w-1' ? entry : undefined;
    });
    const movedMs = performance.now() - stoppedMs;
    await goOn(exceptAt(watchers, 'w-1'), 'the others go on', 10_000);
    await sleep(Math.max(0, seconds * 1_000 - (performance.now() - stoppedMs)));
    site.process('w-1').kill('SIGCONT');
    const wokeMs = performance.now();
    await eventuallyTrue('it has heard', 10_000, async () => {
      const info = await site.servers(stream).info('w-1');
      return Number(info?.epoch ?? 0) >= moved.epoch;
    });
    const heardMs = performance.now() - wokeMs;
    await goOn([watchers.get('w-1')!], 'its own viewers go on', 10_000);
    console.log(
      `${what}: another home after ${movedMs.toFixed(0)} ms (epoch ${before.epoch} to ${moved.epoch}); ` +
        `awake, it went by the new one after ${heardMs.toFixed(0)} ms`,
    );
    const found = print(what);
    expect(heardMs).toBeLessThan(HEARS_MS);
    expect((await site.entry(stream)).home).toBe(moved.home);
    for (const [worker, { missing }] of found) {
      if (worker !== 'w-1' || seconds * 1_000 < WINDOW_MS) expect(missing).toBe(0);
    }
  });

  it('an ingest worker for 10 s: everybody waits, and nothing is missing', async () => {
    await served('live/ingest-10');
    site.process('w-0').kill('SIGSTOP');
    await sleep(10_000);
    site.process('w-0').kill('SIGCONT');
    const tookMs = await goOn(watchers.values(), 'all go on', 10_000);
    console.log(`ingest worker hung for 10 s: pictures ${tookMs.toFixed(0)} ms after it woke`);
    for (const { missing } of print('ingest worker hung for 10 s').values())
      expect(missing).toBe(0);
  });

  it('an ingest worker for 60 s, its publisher elsewhere: it follows when it wakes', async () => {
    const stream = 'live/ingest-60';
    await served(stream);
    site.process('w-0').kill('SIGSTOP');
    await sleep(8_000);
    publish('w-3', stream, other!);
    await goOn(exceptAt(watchers, 'w-0'), 'the others go on with the new publisher', 10_000);
    const moved = await site.entry(stream);
    expect(moved.ingest).toBe('w-3');
    await sleep(50_000);
    site.process('w-0').kill('SIGCONT');
    const wokeMs = performance.now();
    await within('the old publisher is closed', 10_000, publishers[0]!.ended);
    const closedMs = performance.now() - wokeMs;
    await goOn([watchers.get('w-0')!], 'its own viewers follow', 10_000);
    const followedMs = performance.now() - wokeMs;
    console.log(
      `ingest worker hung for 60 s, publisher elsewhere: awake, it closed its own after ${closedMs.toFixed(0)} ms, ` +
        `its viewers had a second of the other after ${followedMs.toFixed(0)} ms`,
    );
    print('ingest worker hung for 60 s');
    expect(closedMs).toBeLessThan(HEARS_MS);
    expect(await site.entry(stream)).toMatchObject({ ingest: 'w-3' });
  });

  it('a slow one sheds newcomers, and the others do not notice', async () => {
    const stream = 'live/slow';
    await served(stream);
    const host = site.net.addressOf('w-2');
    const crowd = await Crowd.come(200, MEDIA_PORTS.http, `/${stream}.flv`, host);
    limit = new CpuLimit(site.process('w-2').pid, 0.02);
    const limitedMs = performance.now();
    const refused = await eventually('a newcomer is refused', 60_000, async () => {
      const viewer = await site.view('w-2', stream);
      viewer.close();
      return viewer.status === 503 ? viewer : undefined;
    });
    const tookMs = performance.now() - limitedMs;
    expect(refused.headers).toMatch(/retry-after: \d+/i);
    await goOn(exceptAt(watchers, 'w-2'), 'the others go on', 5_000);
    limit.lift();
    const liftedMs = performance.now();
    await eventuallyTrue('newcomers are taken again', 60_000, async () => {
      const viewer = await site.view('w-2', stream);
      viewer.close();
      return viewer.status === 200;
    });
    console.log(
      `worker with 2 % of a CPU and 200 viewers: 503 after ${tookMs.toFixed(0)} ms; ` +
        `with all of it, newcomers again after ${(performance.now() - liftedMs).toFixed(0)} ms; ` +
        `${crowd.lost} of the 200 were cut`,
    );
    const found = print('slow worker');
    for (const [worker, { missing }] of found) if (worker !== 'w-2') expect(missing).toBe(0);
    crowd.leave();
  });
});
