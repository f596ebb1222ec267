import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from './clients/chromium.ts';
import { FakeConsole } from './clients/fake-console.ts';

const STREAMS = 5_000;
const WORKERS = 100;
/** 600 for the whole time that is promised. */
const SECONDS = Number(process.env['SC_CONSOLE_SECONDS'] ?? 60);
const MAX_INTERACTION_MS = 100;
/** Garbage that is not collected yet, and figures' histories of two minutes. */
const MAX_GROWTH_BYTES = 6 * 1_024 * 1_024;

/** Runs in the page: keeps how long it took from a key or a press to the next picture. */
const WATCH = `
  window.interactions = [];
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) window.interactions.push({ name, duration });
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
`;

interface Interaction {
  readonly name: string;
  readonly duration: number;
}

describe(`the console with ${STREAMS} streams that all change each second`, () => {
  let fake: FakeConsole;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  let tools: CDPSession;

  beforeAll(async () => {
    fake = new FakeConsole(STREAMS, WORKERS);
    browser = await openChromium();
    page = await browser.context.newPage();
    tools = await browser.context.newCDPSession(page);
    await page.goto(await fake.start());
    await page.getByText('5,000 streams').waitFor();
    await page.evaluate(WATCH);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await fake.stop();
  });

  async function heapBytes(): Promise<number> {
    await tools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await tools.send('Runtime.getHeapUsage');
    return usedSize;
  }

  it('draws those that are seen, and no others', async () => {
    expect(await page.locator('.room .row').count()).toBeLessThan(60);
    expect(await page.locator('.heat-map .cell').count()).toBe(WORKERS);
  });

  it('answers keys and presses within 100 ms', { timeout: 120_000 }, async () => {
    const search = page.getByRole('searchbox');
    for (let round = 0; round < 4; round += 1) {
      await search.click();
      await page.keyboard.type('stream-49', { delay: 60 });
      await page.getByText('111 of 5,000 streams').waitFor();
      await search.clear();
      for (const sort of ['viewers', 'bitrate', 'name']) {
        await page.locator('.sort select').selectOption(sort);
        await sleep(300);
      }
      await page.locator('.room a').first().focus();
      for (const key of ['ArrowDown', 'PageDown', 'PageDown', 'End', 'Home']) {
        await page.keyboard.press(key);
        await sleep(150);
      }
    }
    const seen = await page.evaluate<Interaction[]>('window.interactions');
    const slow = seen.sort((a, b) => b.duration - a.duration);
    const text = slow.slice(0, 8).map(({ name, duration }) => `${name} ${duration}`);
    console.log(`${seen.length} interactions took 16 ms or more; slowest: ${text.join(', ')} ms`);
    // Others on the machine may hold up one in thirty.
    const inTurn = slow[Math.floor(slow.length / 30)];
    expect(inTurn?.duration).toBeLessThan(MAX_INTERACTION_MS);
  });

  it(`holds its memory for ${SECONDS} s`, { timeout: (SECONDS + 60) * 1_000 }, async () => {
    await sleep(5_000);
    const first = await heapBytes();
    const samples = [first];
    for (let part = 0; part < 6; part += 1) {
      await sleep((SECONDS * 1_000) / 6);
      await page.mouse.wheel(0, 5_000);
      samples.push(await heapBytes());
    }
    console.log(`heap: ${samples.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MiB`);
    expect((samples.at(-1) ?? Infinity) - first).toBeLessThan(MAX_GROWTH_BYTES);
  });
});
