import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Fixture } from '../content/fixture.ts';
import { isVideo } from '../content/flv-tags.ts';
import type { Child } from '../harness/child.ts';
import { eventually, eventuallyTrue, within } from '../harness/eventually.ts';
import { FaultSite, NATS, OPERATOR } from './fault-site.ts';
import { seen, seenText } from './seen.ts';
import { goOn, watch, type Watchers } from './watching.ts';

const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
/** No picture and no sound of it is one of the other's. */
const OTHER_CLIP = { seconds: 60, size: '320x180', videoBitsPerSecond: 250_000, seed: 8 };
const GRACE_SECONDS = 15;
const STOPS_MS = 3_000;
const FOLLOWS_MS = 5_000;

describe('a cluster in two halves', { timeout: 240_000 }, () => {
  let site: FaultSite;
  let [source, other]: [Fixture?, Fixture?] = [];
  let publishers: Child[] = [];
  let watchers: Watchers = new Map();

  beforeAll(async () => {
    source = await fixture(CLIP);
    other = await fixture(OTHER_CLIP);
    site = await FaultSite.start('two-homes', {
      ...{ workers: 5, publisherGraceSeconds: GRACE_SECONDS },
    });
  });

  afterEach(async () => {
    site.net.heal();
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

  /** By w-0, with home w-1, watched on four workers. */
  async function served(stream: string): Promise<number> {
    publish('w-0', stream, source!);
    await site.entry(stream);
    const { epoch } = await site.servers(stream).serve('w-1', []);
    watchers = await watch(site, stream, ['w-0', 'w-1', 'w-2', 'w-3']);
    return Number(epoch);
  }

  function print(what: string): void {
    for (const [worker, { tags, error }] of watchers) {
      expect(error).toBeUndefined();
      console.log(`${what}: viewer at ${worker}: ${seenText(seen([source!, other!], tags))}`);
    }
  }

  it('with a publisher in each: one wins, the other stops, all viewers follow', async () => {
    const stream = 'live/twice';
    const before = await served(stream);
    site.net.split(['w-0', 'w-2'], ['w-1', 'w-3', 'w-4', NATS, OPERATOR]);
    await sleep(2_000);
    const second = publish('w-3', stream, other!);
    const claimed = await eventually('the second claim', 15_000, async () => {
      const entry = await site.peek(stream);
      return entry?.ingest === 'w-3' ? entry : undefined;
    });
    expect(claimed.epoch).toBeGreaterThan(before);
    await goOn(watchers.values(), 'both halves have pictures', 15_000);
    await sleep(5_000);

    site.net.heal();
    const healedMs = performance.now();
    await within('the second publisher is closed', 10_000, second.ended);
    const stoppedMs = performance.now() - healedMs;
    const counts = new Map([...watchers].map(([id, { tags }]) => [id, tags.length]));
    await eventuallyTrue('all viewers follow', 20_000, () =>
      [...watchers].every(([id, { tags }]) => isOfFirst(tags.slice(counts.get(id)))),
    );
    const followedMs = performance.now() - healedMs;
    const after = await site.entry(stream);
    console.log(
      `two publishers: epoch ${before}, then ${claimed.epoch} in the other half; after healing ${after.epoch}, ` +
        `by ${after.ingest}; the other stopped after ${stoppedMs.toFixed(0)} ms, ` +
        `viewers followed after ${followedMs.toFixed(0)} ms`,
    );
    print('two publishers');
    expect(after).toMatchObject({ ingest: 'w-0' });
    expect(after.epoch).toBeGreaterThan(claimed.epoch);
    // By the cluster, which knows the winner, and by the protocol, which closes.
    expect(site.complaints('w-3', 'CLAIM_LOST')).toBe(2);
    expect(stoppedMs).toBeLessThan(STOPS_MS);
    expect(followedMs).toBeLessThan(FOLLOWS_MS);
    for (const viewer of watchers.values()) expect(viewer.closed).toBe(false);
    await goOn(watchers.values(), 'all of them go on', 5_000);
  });

  function isOfFirst(tags: Parameters<typeof seen>[1]): boolean {
    const bodies = new Set(source!.tags.filter(isVideo).map(({ body }) => body.toString('base64')));
    const pictures = tags.filter(isVideo);
    return pictures.filter(({ body }) => bodies.has(body.toString('base64'))).length >= 25;
  }

  it('with the old home in the other: it stops being one, its viewers lose nothing', async () => {
    const stream = 'live/old-home';
    const before = await served(stream);
    site.net.split(['w-0', 'w-2', 'w-4', NATS, OPERATOR], ['w-1', 'w-3']);
    const moved = await eventually('a new home', 15_000, async () => {
      const entry = await site.peek(stream);
      return entry !== undefined && entry.home !== 'w-1' ? entry : undefined;
    });
    expect(moved.epoch).toBeGreaterThan(before);
    await sleep(2_000);
    site.net.heal();
    const healedMs = performance.now();
    await eventuallyTrue('the old home has heard', 10_000, async () => {
      const info = await site.servers(stream).info('w-1');
      return Number(info?.epoch ?? 0) >= moved.epoch;
    });
    const stoppedMs = performance.now() - healedMs;
    await goOn(watchers.values(), 'viewers follow', 10_000);
    const followedMs = performance.now() - healedMs;
    console.log(
      `old home cut off: epoch ${before} became ${moved.epoch} (home ${moved.home}); the old home stopped ` +
        `${stoppedMs.toFixed(0)} ms after healing, a second's pictures everywhere after ${followedMs.toFixed(0)} ms`,
    );
    print('old home cut off');
    for (const { tags } of watchers.values()) expect(seen([source!], tags).missing).toBe(0);
    expect(stoppedMs).toBeLessThan(STOPS_MS);
    expect(followedMs).toBeLessThan(FOLLOWS_MS);
  });
});
