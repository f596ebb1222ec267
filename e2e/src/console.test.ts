import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import {
  CLUSTER,
  ConsolePage,
  PROBE,
  screenshotFile,
  SHOWN_MS,
  TOKENS,
} from './clients/console-page.ts';
import { publish } from './clients/ffmpeg.ts';
import {
  NEWEST_KEY_FRAME,
  readerOf,
  slowestReader,
  WATCH_JUMPS,
  type Jump,
} from './clients/ring-readers.ts';
import { SlowFlv } from './clients/slow-flv.ts';
import { fixture } from './content/fixture.ts';
import type { Child } from './harness/child.ts';
import type { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/console';
const STREAM_PAGE = `${CLUSTER}/streams/${STREAM}`;
/** From its publisher to the page. */
const APPEAR_MS = 2_000;
/** So much that the buffers between a worker and a slow reader fill in two seconds. */
const SOURCE = { seconds: 20, size: '640x360', videoBitsPerSecond: 6_000_000 };
/** Half of that. */
const SLOW_BYTES_PER_SECOND = 400_000;

describe('a stream on the console, in Chromium', { timeout: 120_000 }, () => {
  let shown: ConsolePage;
  let cluster: TestCluster;
  let page: Page;
  let source: Awaited<ReturnType<typeof fixture>>;
  let publisher: Child | undefined;

  beforeAll(async () => {
    source = await fixture(SOURCE);
    shown = await ConsolePage.open('console', { replicas: 2, maxLagSeconds: 3 });
    ({ cluster, page } = shown);
    await shown.logIn(TOKENS.admin);
  }, 120_000);

  afterAll(async () => {
    publisher?.kill();
    await shown.close();
  });

  it('shows a stream within two seconds, with its picture', async () => {
    await shown.goTo('#/');
    await page.getByText('Nobody publishes').waitFor({ timeout: SHOWN_MS });
    expect(await page.locator('.heat-map .cell').count()).toBe(2);
    publisher = publish(source.file, cluster.rtmpUrl(STREAM), { repeats: -1 });
    await shown.linkOf(STREAM).waitFor({ timeout: SHOWN_MS });
    const shownUnixMs = Date.now();
    const publishing = await eventually('its publisher', SHOWN_MS, async () => {
      return (await cluster.api.sessions(STREAM)).find(({ action }) => action === 'publish');
    });
    const tookMs = shownUnixMs - publishing.startedUnixMs;
    console.log(`Chromium: a stream is shown ${tookMs} ms after its publisher was let in`);
    expect(tookMs).toBeLessThan(APPEAR_MS);
    await page.getByText('h264 640×360').first().waitFor({ timeout: SHOWN_MS });
    await eventuallyTrue('a thumbnail', SHOWN_MS, () => page.evaluate<boolean>(HAS_PICTURE));
  });

  it.each(['FLV', 'HLS'])('plays %s: frames grow', async (format) => {
    await shown.goTo(STREAM_PAGE);
    await page.getByRole('button', { name: `Play ${format}` }).click();
    const first = await framesBeyond(page, 10);
    const second = await framesBeyond(page, first + 25);
    console.log(`Chromium, ${format}: ${first} frames, later ${second}`);
  });

  it('draws the ring as it moves: the writer goes round, GOPs come', async () => {
    await shown.goTo(STREAM_PAGE);
    await page.locator('.ring .gop').first().waitFor({ state: 'attached', timeout: SHOWN_MS });
    const seen = new Set<string>();
    for (let look = 0; look < 5; look += 1) {
      seen.add((await page.locator('.ring .writer g').getAttribute('transform')) ?? '');
      await page.waitForTimeout(150);
    }
    expect(seen.size).toBe(5);
    // Their number stays the same once as much is kept as ever.
    const newest = await page.evaluate<number>(NEWEST_KEY_FRAME);
    await eventuallyTrue('a newer GOP', SHOWN_MS, async () => {
      return (await page.evaluate<number>(NEWEST_KEY_FRAME)) > newest;
    });
  });

  it('shows how a slow reader falls behind, and jumps, and cuts it off', async () => {
    const slow = new SlowFlv(cluster.httpPort, `/${STREAM}.flv`, PROBE);
    await shown.goTo(STREAM_PAGE);
    await page.evaluate(WATCH_JUMPS);
    // It reads nothing until the kernel's buffers are full, which hides how far behind it is.
    const behind = await eventually('a reader is behind', SHOWN_MS, async () => {
      return await slowestReader(page, cluster);
    });
    await page.locator('.ring').screenshot({ path: screenshotFile('ring-behind') });
    slow.bytesPerSecond = SLOW_BYTES_PER_SECOND;
    const jumped = await eventually('it jumped forward', SHOWN_MS, async () => {
      const reader = await readerOf(page, behind.id);
      return reader !== undefined && reader.skips > behind.skips ? reader : undefined;
    });
    await page.locator('.ring').screenshot({ path: screenshotFile('ring-jumped') });
    // As it was drawn: the dot goes forward with a trail, and is less far behind than before.
    const drawn = await eventually('a jump is drawn', SHOWN_MS, async () => {
      const jumps = await page.evaluate<Jump[]>(`window.jumps["${behind.id}"] ?? []`);
      return jumps.find(({ fromMs, toMs }) => toMs < fromMs);
    });
    await eventuallyTrue('a trail', SHOWN_MS, () => page.evaluate<boolean>('window.trails > 0'));
    console.log(
      `ring: ${behind.lagMs} ms behind; jump ${jumped.skips}: from ${drawn.fromMs} to ${drawn.toMs} ms`,
    );
    expect(behind.lagMs).toBeGreaterThan(1_000);
    expect(slow.isClosed).toBe(false);
    // What it calls itself is shown as text.
    const row = page
      .getByRole('table', { name: 'Sessions' })
      .getByRole('row')
      .filter({ hasText: PROBE });
    await row.getByRole('button', { name: 'Cut off' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(PROBE).waitFor();
    await shown.screenshot('kick');
    await dialog.getByRole('button', { name: 'Cut off' }).click();
    await eventuallyTrue('it is cut off', SHOWN_MS, () => slow.isClosed);
    await row.waitFor({ state: 'detached', timeout: SHOWN_MS });
    await slow.close();
    expect(await page.evaluate('window.wasRun')).toBeUndefined();
    expect(await page.locator('main img[src="x"]').count()).toBe(0);
  });

  it('ran no script that failed, and broke no policy', () => {
    expect(shown.errors).toEqual([]);
  });
});

/** These run in the page. */
const HAS_PICTURE =
  '[...document.querySelectorAll(".thumbnail img")].some((one) => one.naturalWidth > 0)';
const FRAMES = 'document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames';

/** Waits until the player showed more than so many pictures; how many it did. */
async function framesBeyond(page: Page, count: number): Promise<number> {
  let frames = 0;
  await eventuallyTrue(`more than ${count} frames`, SHOWN_MS, async () => {
    frames = await page.evaluate<number>(FRAMES);
    return frames > count;
  });
  return frames;
}
