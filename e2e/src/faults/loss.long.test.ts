import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Fixture } from '../content/fixture.ts';
import type { Child } from '../harness/child.ts';
import { FaultSite } from './fault-site.ts';
import { seen, seenText } from './seen.ts';
import { SlowLink } from './slow-link.ts';
import { exceptAt, goOn, watch, type Watchers } from './watching.ts';

const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const LOSSY = 'w-2';
const LOSS_PERCENT = 20;
const DELAY_MS = 200;
const FOR_MS = 45_000;

describe('a worker whose network loses packets and is slow', { timeout: 240_000 }, () => {
  let site: FaultSite;
  let source: Fixture;
  let link: SlowLink;
  const publishers: Child[] = [];

  beforeAll(async () => {
    source = await fixture(CLIP);
    site = await FaultSite.start('loss', {
      workers: 4,
      plug: async (net, worker) => {
        if (worker === LOSSY) link = await SlowLink.plug(net, worker);
        else net.add(worker);
      },
    });
  });

  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop('SIGKILL')));
    await site.stop();
    link.close();
  });

  async function served(stream: string, home: string): Promise<Watchers> {
    publishers.push(site.publishTo('w-0', stream, source.file));
    await site.entry(stream);
    await site.servers(stream).serve(home, []);
    return await watch(site, stream, site.workers);
  }

  it('harms its own viewers only, unless it is home', async () => {
    const elsewhere = await served('live/elsewhere', 'w-1');
    const here = await served('live/here', LOSSY);
    link.become(LOSS_PERCENT, DELAY_MS);
    await sleep(FOR_MS);
    link.become(0, 0);
    await goOn([...elsewhere.values(), ...here.values()], 'all of them go on', 20_000);
    for (const [what, watchers] of Object.entries({ elsewhere, here })) {
      for (const [worker, { tags, closed }] of watchers) {
        const found = seen([source], tags);
        console.log(
          `${LOSS_PERCENT} % loss and ${DELAY_MS} ms at ${LOSSY}, home ${what}: viewer at ${worker}: ${seenText(found)}`,
        );
        expect(closed).toBe(false);
      }
    }
    for (const { tags } of exceptAt(elsewhere, LOSSY)) {
      const { missing, longestMs } = seen([source], tags);
      expect(missing).toBe(0);
      expect(longestMs).toBeLessThan(1_000);
    }
  });
});
