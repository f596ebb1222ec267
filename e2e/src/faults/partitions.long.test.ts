import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Fixture } from '../content/fixture.ts';
import type { Child } from '../harness/child.ts';
import { eventually } from '../harness/eventually.ts';
import { FaultSite, NATS, OPERATOR } from './fault-site.ts';
import { seen, seenText } from './seen.ts';
import { goOn, watch, type Watchers } from './watching.ts';

const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const GRACE_SECONDS = 8;

describe('cuts between some of a cluster', { timeout: 240_000 }, () => {
  let site: FaultSite;
  let source: Fixture;
  let publishers: Child[] = [];
  let watchers: Watchers = new Map();

  beforeAll(async () => {
    source = await fixture(CLIP);
    site = await FaultSite.start('partitions', {
      ...{ workers: 4, publisherGraceSeconds: GRACE_SECONDS },
    });
  });

  afterEach(async () => {
    site.net.heal();
    for (const viewer of watchers.values()) viewer.close();
    await Promise.all(publishers.map((publisher) => publisher.stop('SIGKILL')));
    publishers = [];
  });

  afterAll(() => site.stop());

  function publish(worker: string, stream: string): void {
    publishers.push(site.publishTo(worker, stream, source.file));
  }

  /** Says what each viewer saw; nobody was cut, and nothing is missing. */
  function expectWhole(what: string): void {
    for (const [worker, viewer] of watchers) {
      const found = seen([source], viewer.tags);
      console.log(`${what}: viewer at ${worker}: ${seenText(found)}`);
      expect(viewer.error).toBeUndefined();
      expect(viewer.closed).toBe(false);
      expect(found.missing).toBe(0);
    }
  }

  it('home from ingest worker: viewers of those who reach both lose nothing', async () => {
    const stream = 'live/homeless';
    publish('w-0', stream);
    await site.entry(stream);
    await site.servers(stream).serve('w-1', []);
    watchers = await watch(site, stream, ['w-0', 'w-2', 'w-3']);
    site.net.split(['w-0'], ['w-1']);
    const first = await goOn(watchers.values(), 'pictures go on', 10_000);
    // Longer than it takes to give a stream up.
    await sleep((GRACE_SECONDS + 8) * 1_000);
    await goOn(watchers.values(), 'pictures still go on', 5_000);
    site.net.heal();
    await goOn(watchers.values(), 'pictures go on after healing', 5_000);
    console.log(`home cut from ingest worker: pictures again after ${first.toFixed(0)} ms`);
    expectWhole('home cut from ingest worker');
  });

  it('a worker from NATS: nobody loses anything, newcomers are served everywhere', async () => {
    const stream = 'live/unheard';
    publish('w-0', stream);
    await site.entry(stream);
    await site.servers(stream).serve('w-1', []);
    watchers = await watch(site, stream, ['w-0', 'w-1', 'w-2']);
    site.net.split(['w-0'], [NATS]);
    // Until it counts as dead, and its entries have been waited for.
    await sleep((GRACE_SECONDS + 12) * 1_000);
    const newcomers = await Promise.all(site.workers.map((worker) => site.view(worker, stream)));
    expect(newcomers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await goOn(newcomers, 'newcomers see pictures', 10_000);
    for (const viewer of newcomers) viewer.close();
    publish('w-0', 'live/unheard-too');
    const other = await watch(site, 'live/unheard-too', ['w-0']);
    site.net.heal();
    const healedMs = performance.now();
    await eventually('the directory has both', 10_000, async () => {
      const entries = [await site.peek(stream), await site.peek('live/unheard-too')];
      return entries.every((entry) => entry?.ingest === 'w-0') ? true : undefined;
    });
    const tookMs = performance.now() - healedMs;
    console.log(`worker cut from NATS: directory whole ${tookMs.toFixed(0)} ms after healing`);
    await goOn([...watchers.values(), ...other.values()], 'pictures go on', 5_000);
    expectWhole('worker cut from NATS');
    for (const viewer of other.values()) viewer.close();
  });

  it('a worker from the operator: it draws homes by itself, and asks again later', async () => {
    site.net.split(['w-0'], [OPERATOR]);
    publish('w-0', 'live/alone');
    watchers = await watch(site, 'live/alone', ['w-0', 'w-3']);
    await sleep(20_000);
    const placed = (): number =>
      site.log(OPERATOR).filter(({ msg }) => msg === 'stream placed').length;
    const before = placed();
    publish('w-0', 'live/alone-too');
    await site.entry('live/alone-too');
    expect(placed()).toBe(before);
    site.net.heal();
    const healedMs = performance.now();
    for (let i = 0; placed() === before; i += 1) {
      publish('w-0', `live/again-${i}`);
      await site.entry(`live/again-${i}`);
      expect(i).toBeLessThan(10);
      await sleep(1_000);
    }
    const tookMs = performance.now() - healedMs;
    console.log(`worker cut from operator: it places again ${tookMs.toFixed(0)} ms after healing`);
    expectWhole('worker cut from operator');
  });
});
