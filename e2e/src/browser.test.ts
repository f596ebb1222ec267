import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from './clients/chromium.ts';
import { publish } from './clients/ffmpeg.ts';
import { fixture } from './content/fixture.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';
import { cacheFolder } from './harness/paths.ts';

const STREAM = 'live/page';
const SHOWN_MS = 60_000;
/** Runs in the page. */
const FRAMES = 'document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames';

describe('the page in Chromium', { timeout: 180_000 }, () => {
  let cluster: TestCluster;
  let publisher: Child;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    const source = await fixture();
    cluster = await TestCluster.start('browser');
    publisher = publish(source.file, cluster.rtmpUrl(STREAM), { repeats: -1 });
    await cluster.live(STREAM);
    browser = await openChromium();
    page = await browser.context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(cluster.api.url);
  }, 180_000);

  afterAll(async () => {
    await browser.close();
    publisher.kill();
    await cluster.stop();
  });

  it('lists the stream and the workers', async () => {
    await eventuallyTrue('the stream is listed', SHOWN_MS, async () => {
      const text = await page.locator('#streams').innerText();
      return text.includes(STREAM) && text.includes('h264 640×360');
    });
    expect(await page.locator('#workers tr').count()).toBe(3);
  });

  it.each(['FLV', 'HLS'])('plays %s: frames grow', async (format) => {
    await page.getByRole('button', { name: `Play ${STREAM} as ${format}` }).click();
    const first = await framesBeyond(page, 25);
    await page.screenshot({ path: screenshot(`${format}-1`) });
    const second = await framesBeyond(page, first + 75);
    await page.screenshot({ path: screenshot(`${format}-2`) });
    console.log(`Chromium, ${format}: ${first} frames, later ${second}`);
    expect(second).toBeGreaterThan(first);
    expect(errors).toEqual([]);
  });
});

/** Waits until the player showed more than so many pictures; how many it did. */
async function framesBeyond(page: Page, count: number): Promise<number> {
  let frames = 0;
  await eventuallyTrue(`more than ${count} frames`, SHOWN_MS, async () => {
    frames = await page.evaluate<number>(FRAMES);
    return frames > count;
  });
  return frames;
}

function screenshot(name: string): string {
  return path.join(cacheFolder('screenshots'), `page-${name}.png`);
}
