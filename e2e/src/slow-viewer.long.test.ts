import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from './clients/chromium.ts';
import { publish } from './clients/ffmpeg.ts';
import { FlvViewer } from './clients/flv.ts';
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
const GOP_MS = 2000;
const CLIP = { seconds: LENGTH_SECONDS, size: '1280x720', videoBitsPerSecond: 2_000_000 };

/**
 * At half rate any player stands still half of the time, and Chromium then waits
 * for more and more to play on with. What must not come on top is a gap in time
 * as long as what was skipped.
 */
const FREEZE_THROTTLED_MS = MAX_LAG_SECONDS * 1000 + GOP_MS + 500;
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
    const proxies = [
      new ThrottleProxy(cluster.httpPort, Infinity),
      new ThrottleProxy(cluster.httpPort, Infinity),
    ];
    const [rawPort = 0, browserPort = 0] = await Promise.all(proxies.map((proxy) => proxy.start()));
    const web = await servePlayerPage();
    const browser = await openChromium();
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const others = await Promise.all(
      cluster.workerPids().map((pid) => viewerOn(cluster, STREAM, pid)),
    );
    const raw = await new FlvViewer({ port: rawPort, path: `/${STREAM}.flv` }).answered();
    const page = await browser.context.newPage();
    const watched = `http://127.0.0.1:${browserPort}/${STREAM}.flv`;
    await page.goto(`${web.url}?url=${encodeURIComponent(watched)}`);
    await eventuallyTrue('the browser shows pictures', 30_000, async () =>
      (await samples(page)).some(({ frames }) => frames > 50),
    );

    const throttledAt = (await samples(page)).length;
    for (const proxy of proxies) proxy.bytesPerSecond = half;
    await sleep(THROTTLED_MS);
    const freedAt = (await samples(page)).length;
    for (const proxy of proxies) proxy.bytesPerSecond = Infinity;
    await sleep(FREED_MS);

    const taken = await samples(page);
    const phases = [taken.slice(throttledAt, freedAt), taken.slice(freedAt)];
    const [throttled = 0, freed = 0] = phases.map(longestFreezeMs);
    console.log(
      `Chromium: longest freeze ${throttled.toFixed(0)} ms throttled, ${freed.toFixed(0)} ms freed`,
    );
    console.log(taken.map(({ currentTime }) => currentTime.toFixed(2)).join(' '));
    const jump = describeJumps(source, raw.tags);
    console.log(
      `raw viewer: ${jump.jumps} jumps, ${jump.skippedMs} ms skipped, largest step ${jump.largestStepMs} ms`,
    );
    expect(throttled).toBeLessThan(FREEZE_THROTTLED_MS);
    expect(freed).toBeLessThan(FREEZE_FREED_MS);
    expect(jump.jumps).toBeGreaterThan(0);
    expect(jump.largestStepMs).toBeLessThan(200);
    expect(jump.backwards).toBe(0);

    await publisher.success(120_000);
    await within('the stream ends', 60_000, Promise.all(others.map((viewer) => viewer.ended)));
    for (const other of others) compareTags(source, other.tags, { toTheEnd: true, atLeast: 500 });
    raw.close();
    await browser.close();
    web.close();
    for (const proxy of proxies) await proxy.stop();
  });
});

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
