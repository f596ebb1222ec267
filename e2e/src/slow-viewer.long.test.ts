import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from './clients/chromium.ts';
import { publish } from './clients/ffmpeg.ts';
import { FlvViewer } from './clients/flv.ts';
import { servePacedFlv } from './clients/paced-flv.ts';
import { longestFreezeMs, samples, servePlayerPage } from './clients/player-page.ts';
import { ThrottleProxy } from './clients/throttle-proxy.ts';
import { viewerOn } from './clients/viewers.ts';
import { compareTags } from './content/compare.ts';
import { fixture, isMedia, type Fixture } from './content/fixture.ts';
import { isAudio, isVideo, type FlvTag } from './content/flv-tags.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue, within } from './harness/eventually.ts';

const STREAM = 'live/hd';
const LENGTH_SECONDS = 90;
const THROTTLED_MS = 30_000;
const FREED_MS = 20_000;
const MAX_LAG_SECONDS = 5;
const CLIP = { seconds: LENGTH_SECONDS, size: '1280x720', videoBitsPerSecond: 2_000_000 };

/**
 * At half rate any player stands still half of the time, and Chromium waits for
 * more each time before it plays on. What must not come on top is a gap in time
 * as long as what was skipped; so a second picture shows what a server that never
 * skips would give, and ours may stand little longer than that one.
 */
const FREEZE_MARGIN_MS = 1500;
const FREEZE_FREED_MS = 2000;

describe('a viewer that gets half of the bitrate for 30 s', () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('slow', { maxLagSeconds: MAX_LAG_SECONDS });
  });

  afterAll(() => cluster.stop());

  it('jumps, freezes no longer than the jump needs, and costs others nothing', async () => {
    const half = source.bitsPerSecond / 8 / 2;
    const control = await servePacedFlv(`${source.file}.flv`);
    const targets = [cluster.httpPort, cluster.httpPort, control.port];
    const proxies = targets.map((port) => new ThrottleProxy(port, Infinity));
    const [rawPort, oursPort, controlPort] = await Promise.all(proxies.map((one) => one.start()));
    const web = await servePlayerPage();
    const browser = await openChromium();
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const others = await Promise.all(
      cluster.workerPids().map((pid) => viewerOn(cluster, STREAM, pid)),
    );
    const raw = await new FlvViewer({ port: rawPort ?? 0, path: `/${STREAM}.flv` }).answered();
    const ours = await open(browser, web.url, oursPort);
    const theirs = await open(browser, web.url, controlPort);

    const throttledAt = [(await samples(ours)).length, (await samples(theirs)).length];
    for (const proxy of proxies) proxy.bytesPerSecond = half;
    await sleep(THROTTLED_MS);
    const freedAt = [(await samples(ours)).length, (await samples(theirs)).length];
    for (const proxy of proxies) proxy.bytesPerSecond = Infinity;
    await sleep(FREED_MS);

    const taken = await samples(ours);
    const throttledMs = longestFreezeMs(taken.slice(throttledAt[0], freedAt[0]));
    const freedMs = longestFreezeMs(taken.slice(freedAt[0]));
    const controlMs = longestFreezeMs((await samples(theirs)).slice(throttledAt[1], freedAt[1]));
    console.log(
      `Chromium: longest freeze ${throttledMs.toFixed(0)} ms throttled ` +
        `(${controlMs.toFixed(0)} ms from a server that never skips), ${freedMs.toFixed(0)} ms freed`,
    );
    console.log(taken.map(({ currentTime }) => currentTime.toFixed(2)).join(' '));
    const jump = describeJumps(source, raw.tags);
    console.log(
      `raw viewer: ${jump.jumps} jumps, ${jump.skippedMs} ms skipped, largest step ${jump.largestStepMs} ms`,
    );
    expect(throttledMs).toBeLessThan(controlMs + FREEZE_MARGIN_MS);
    expect(freedMs).toBeLessThan(FREEZE_FREED_MS);
    expect(jump.jumps).toBeGreaterThan(0);
    expect(jump.largestStepMs).toBeLessThan(200);
    expect(jump.backwards).toBe(0);

    await publisher.success(120_000);
    await within('the stream ends', 60_000, Promise.all(others.map((viewer) => viewer.ended)));
    for (const other of others) compareTags(source, other.tags, { toTheEnd: true, atLeast: 500 });
    raw.close();
    await browser.close();
    web.close();
    control.close();
    for (const proxy of proxies) await proxy.stop();
  });
});

/** A page that plays the stream and shows pictures already. */
async function open(
  browser: Awaited<ReturnType<typeof openChromium>>,
  web: string,
  port = 0,
): Promise<Page> {
  const page = await browser.context.newPage();
  const watched = `http://127.0.0.1:${port}/${STREAM}.flv`;
  await page.goto(`${web}?url=${encodeURIComponent(watched)}`);
  await eventuallyTrue('the browser shows pictures', 30_000, async () =>
    (await samples(page)).some(({ frames }) => frames > 50),
  );
  return page;
}

interface Jumps {
  readonly jumps: number;
  /** Of the source's time. */
  readonly skippedMs: number;
  /** Between two tags of a kind, as the player sees them. */
  readonly largestStepMs: number;
  readonly backwards: number;
}

/** Where what was received leaves the source's order. Throws unless it lands on key frames. */
function describeJumps(source: Fixture, received: readonly FlvTag[]): Jumps {
  const video = received.filter(isMedia).filter(isVideo);
  const sources = source.tags.filter(isVideo);
  const indexes = new Map(sources.map(({ body }, index) => [body.toString('latin1'), index]));
  let jumps = 0;
  let skippedMs = 0;
  let previous = -1;
  for (const tag of video) {
    const index = indexes.get(tag.body.toString('latin1'));
    if (index === undefined) throw new Error('a picture is none of the source');
    if (index !== previous + 1 && previous >= 0) {
      if (!tag.isKey) throw new Error('jumped to something else than a key frame');
      jumps++;
      skippedMs += (sources[index]?.timestampMs ?? 0) - (sources[previous]?.timestampMs ?? 0);
    }
    previous = index;
  }
  const steps = [isVideo, isAudio].flatMap((isKind) =>
    stepsOf(received.filter(isMedia).filter(isKind)),
  );
  return {
    jumps,
    skippedMs,
    largestStepMs: Math.max(...steps),
    backwards: steps.filter((step) => step < 0).length,
  };
}

function stepsOf(tags: readonly FlvTag[]): number[] {
  return tags.slice(1).map((tag, i) => tag.timestampMs - (tags[i]?.timestampMs ?? 0));
}
