import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousViolations } from './clients/axe.ts';
import { openChromium } from './clients/chromium.ts';
import { publish, publishEncoded } from './clients/ffmpeg.ts';
import { SlowFlv } from './clients/slow-flv.ts';
import { StallingProxy } from './clients/stalling-proxy.ts';
import { fixture } from './content/fixture.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue } from './harness/eventually.ts';
import { cacheFolder } from './harness/paths.ts';

const STREAM = 'live/console';
/** Its publisher has a key frame at the start and never again. */
const BADLY_SENT = 'live/badly-sent';
const ONE_KEY_FRAME = 'eq(n,0)';
const SHOWN_MS = 30_000;
/** From the directory to the page. */
const APPEAR_MS = 2_000;
/** So much that the buffers between a worker and a slow reader fill in two seconds. */
const SOURCE = { seconds: 20, size: '640x360', videoBitsPerSecond: 6_000_000 };
/** Half of that. */
const SLOW_BYTES_PER_SECOND = 400_000;
const TOKENS = { admin: 'admin-token-of-the-test', viewer: 'viewer-token-of-the-test' };
/** What a stranger would have the page run. */
const PROBE = '<img src=x onerror="window.wasRun=true">';
const CLUSTER = '#/clusters/default/e2e';
const PAGES = {
  overview: '#/',
  cluster: CLUSTER,
  stream: `${CLUSTER}/streams/${STREAM}`,
  worker: `${CLUSTER}/workers/w-0`,
};

describe('the console in Chromium', { timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let source: Awaited<ReturnType<typeof fixture>>;
  let publisher: Child | undefined;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    source = await fixture(SOURCE);
    cluster = await TestCluster.start('console', { replicas: 2, maxLagSeconds: 3, tokens: TOKENS });
    browser = await openChromium();
    page = await browser.context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) errors.push(message.text());
    });
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    publisher?.kill();
    await cluster.stop();
  });

  async function goTo(hash: string): Promise<void> {
    await page.goto(`${cluster.api.url}/${hash}`);
    await page.locator('main').waitFor();
  }

  async function logIn(token: string): Promise<void> {
    await page.goto(cluster.api.url);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Log in' }).click();
  }

  it('lets in who has a token, a viewer to read only', async () => {
    await logIn('a-token-that-nobody-has');
    await page.getByRole('alert').getByText('the token is not known').waitFor();
    await page.screenshot({ path: screenshot('login') });
    expect(await seriousViolations(page)).toEqual([]);
    await logIn(TOKENS.viewer);
    await page.getByText('Nobody publishes').waitFor({ timeout: SHOWN_MS });
    await goTo(PAGES.cluster);
    const scale = page.getByRole('button', { name: 'Change the number of workers' });
    await scale.getByText('You may only read here').waitFor();
    await scale.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    const refused = await page.evaluate<number>(SCALE_BY_HAND);
    expect(refused).toBe(403);
    await page.getByRole('button', { name: 'Log out' }).click();
    await logIn(TOKENS.admin);
    await page.getByText('Nobody publishes').waitFor({ timeout: SHOWN_MS });
  });

  it('shows a stream within two seconds, with its picture', async () => {
    await goTo(PAGES.overview);
    await page.getByText('Nobody publishes').waitFor({ timeout: SHOWN_MS });
    expect(await page.locator('.heat-map .cell').count()).toBe(2);
    publisher = publish(source.file, cluster.rtmpUrl(STREAM), { repeats: -1 });
    await linkOf(page).waitFor({ timeout: SHOWN_MS });
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
    await goTo(PAGES.stream);
    await page.getByRole('button', { name: `Play ${format}` }).click();
    const first = await framesBeyond(page, 10);
    const second = await framesBeyond(page, first + 25);
    console.log(`Chromium, ${format}: ${first} frames, later ${second}`);
  });

  it('draws the ring as it moves: the writer goes round, GOPs come', async () => {
    await goTo(PAGES.stream);
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
    await goTo(PAGES.stream);
    await page.evaluate(WATCH_JUMPS);
    // It reads nothing until the kernel's buffers are full, which hides how far behind it is.
    const behind = await eventually('a reader is behind', SHOWN_MS, async () => {
      return await slowestReader(page, cluster);
    });
    await page.locator('.ring').screenshot({ path: screenshot('ring-behind') });
    slow.bytesPerSecond = SLOW_BYTES_PER_SECOND;
    const jumped = await eventually('it jumped forward', SHOWN_MS, async () => {
      const reader = await readerOf(page, behind.id);
      return reader !== undefined && reader.skips > behind.skips ? reader : undefined;
    });
    await page.locator('.ring').screenshot({ path: screenshot('ring-jumped') });
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
    await page.screenshot({ path: screenshot('kick') });
    await dialog.getByRole('button', { name: 'Cut off' }).click();
    await eventuallyTrue('it is cut off', SHOWN_MS, () => slow.isClosed);
    await row.waitFor({ state: 'detached', timeout: SHOWN_MS });
    await slow.close();
    expect(await page.evaluate('window.wasRun')).toBeUndefined();
    expect(await page.locator('main img[src="x"]').count()).toBe(0);
  });

  it('shows names of streams as text', async () => {
    await goTo(`${CLUSTER}/streams/live/${encodeURIComponent(PROBE)}`);
    await page.getByText('Nobody publishes this stream').waitFor();
    expect(await page.locator('h1').innerText()).toContain(PROBE);
    expect(await page.evaluate('window.wasRun')).toBeUndefined();
  });

  it('drains a worker and changes their number, and says before what happens', async () => {
    await goTo(PAGES.cluster);
    await page.getByRole('button', { name: 'Change the number of workers' }).click();
    await page.getByRole('spinbutton').fill('3');
    await page.getByText('1 worker more start').waitFor();
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await eventuallyTrue('three are wanted', SHOWN_MS, async () => {
      return (await cluster.api.cluster()).status.replicas >= 3;
    });
    await goTo(`${CLUSTER}/workers/w-2`);
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Nobody new comes to it').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await eventuallyTrue('it drains', SHOWN_MS, async () => {
      const found = (await cluster.api.workers()).find(({ id }) => id === 'w-2');
      return found === undefined || found.state === 'draining';
    });
  });

  it('says so while the operator does not answer, and from when what it shows is', async () => {
    const proxy = new StallingProxy(Number(new URL(cluster.api.url).port));
    const url = `http://127.0.0.1:${await proxy.start()}`;
    await page.goto(`${url}/${PAGES.stream}`);
    await page.locator('.ring .gop').first().waitFor({ state: 'attached', timeout: SHOWN_MS });
    const note = page.getByRole('alert').filter({ hasText: 'The operator does not answer' });
    expect(await note.count()).toBe(0);
    proxy.stall(true);
    await note.filter({ hasText: 'What you see is from' }).waitFor({ timeout: SHOWN_MS });
    await page.getByText('not connected').waitFor();
    await page.screenshot({ path: screenshot('operator-hangs') });
    expect(await seriousViolations(page)).toEqual([]);
    proxy.stall(false);
    await note.waitFor({ state: 'detached', timeout: SHOWN_MS });
    await page.locator('.ring .gop').first().waitFor({ state: 'attached', timeout: SHOWN_MS });
    await proxy.stop();
  });

  it('asks for a login again when the one before is over', async () => {
    await goTo(PAGES.stream);
    await page.getByRole('heading', { name: 'Ring' }).waitFor();
    await page.context().clearCookies();
    await page.getByLabel('Token').waitFor({ timeout: SHOWN_MS });
    await logIn(TOKENS.admin);
    await linkOf(page).waitFor({ timeout: SHOWN_MS });
  });

  it('is worked by keys alone', async () => {
    await goTo(PAGES.overview);
    await linkOf(page).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('console');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ring' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Search streams').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('o');
    await page.getByRole('heading', { name: 'Decisions' }).waitFor();
  });

  it.each(Object.entries(PAGES))(
    'has no serious fault of accessibility: %s',
    async (name, hash) => {
      for (const [theme, width] of LOOKS) {
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize({ width, height: 900 });
        await goTo(hash);
        await page.locator('main .card').first().waitFor({ timeout: SHOWN_MS });
        await page.waitForTimeout(350);
        await page.screenshot({ path: screenshot(`${name}-${theme}-${width}`), fullPage: true });
        expect(await seriousViolations(page), `${theme}, ${width}`).toEqual([]);
        expect(await page.evaluate(OVERFLOW), `${theme}, ${width}: wider than the page`).toBe(0);
      }
    },
  );

  it('marks a stream whose publisher sends badly, and says what is wrong', async () => {
    const badly = publishEncoded(cluster.rtmpUrl(BADLY_SENT), ONE_KEY_FRAME);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await goTo(PAGES.overview);
    const rows = page.getByRole('table', { name: 'Streams' }).getByRole('row');
    const row = rows.filter({ hasText: BADLY_SENT });
    await row.getByText('1 warning').waitFor({ timeout: SHOWN_MS });
    await page.getByText('1 with warnings').waitFor();
    await page.screenshot({ path: screenshot('warnings') });
    await page.getByRole('searchbox').fill('KeyFramesRare');
    await eventuallyTrue('it is found by the reason', SHOWN_MS, async () => {
      return (await rows.filter({ hasText: 'live/' }).count()) === 1;
    });
    for (const [theme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 900 });
      await goTo(`${CLUSTER}/streams/${BADLY_SENT}`);
      const card = page.locator('section', { hasText: 'Publisher' });
      await card.getByText('viewers start late').waitFor({ timeout: SHOWN_MS });
      await card.getByText('FrameRateSufficient').waitFor();
      await page.screenshot({ path: screenshot(`badly-${theme}-${width}`), fullPage: true });
      expect(await seriousViolations(page), `${theme}, ${width}`).toEqual([]);
      expect(await page.evaluate(OVERFLOW), `${theme}, ${width}: wider than the page`).toBe(0);
    }
    badly.kill();
  });

  it('ran no script that failed, and broke no policy', () => {
    expect(errors).toEqual([]);
  });
});

const LOOKS = [
  ['light', 1_440],
  ['dark', 1_440],
  ['light', 390],
  ['dark', 390],
] as const;
/** These run in the page. */
const SCALE_BY_HAND = `fetch('api/v1/clusters/default/e2e/replicas', {
  method: 'PUT',
  headers: { 'content-type': 'application/json', 'x-streamcluster-request': 'page' },
  body: '{"replicas":9}',
}).then(({ status }) => status)`;
const HAS_PICTURE =
  '[...document.querySelectorAll(".thumbnail img")].some((one) => one.naturalWidth > 0)';
const FRAMES = 'document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames';
const NEWEST_KEY_FRAME =
  'Math.max(...[...document.querySelectorAll(".ring .gop.flv title")].map(({ textContent }) => Number(/at ([0-9.]+) s/.exec(textContent)[1])))';
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const READERS =
  '[...document.querySelectorAll(".ring [data-reader]")].map(({ dataset }) => ({ id: dataset.reader, lagMs: Number(dataset.lagMs), skips: Number(dataset.skips) }))';

/** Keeps how far behind readers were before and after each jump, as the ring shows them. */
const WATCH_JUMPS = `
  window.jumps = {};
  window.trails = 0;
  const last = new Map();
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      for (const node of addedNodes) if (node.classList?.contains('trail')) window.trails += 1;
      const { reader, lagMs, skips } = target.dataset ?? {};
      if (reader === undefined || lagMs === undefined || skips === undefined) continue;
      const before = last.get(reader);
      if (before !== undefined && Number(skips) > before.skips) {
        (window.jumps[reader] ??= []).push({ fromMs: before.lagMs, toMs: Number(lagMs) });
      }
      if (before?.skips !== Number(skips) || before.lagMs !== Number(lagMs)) {
        last.set(reader, { skips: Number(skips), lagMs: Number(lagMs) });
      }
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-skips'] });
`;

interface Jump {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Reader {
  readonly id: string;
  readonly lagMs: number;
  readonly skips: number;
}

/** The stream in the list. */
function linkOf(page: Page): Locator {
  return page.getByRole('table', { name: 'Streams' }).getByRole('link', { name: STREAM });
}

async function readerOf(page: Page, id: string): Promise<Reader | undefined> {
  return (await page.evaluate<Reader[]>(READERS)).find((one) => one.id === id);
}

/** One that is behind by more than a second, at whichever worker it is. */
async function slowestReader(page: Page, cluster: TestCluster): Promise<Reader | undefined> {
  const choice = page.locator('.ring select');
  for (const { id } of cluster.workers()) {
    const isThere = (await choice.locator(`option[value="${id}"]`).count()) > 0;
    if (!isThere) continue;
    await choice.selectOption(id);
    await page.waitForTimeout(400);
    const readers = await page.evaluate<Reader[]>(READERS);
    const found = readers.find(({ lagMs }) => lagMs > 1_000);
    if (found !== undefined) return found;
  }
  return undefined;
}

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
  return path.join(cacheFolder('screenshots'), `console-${name}.png`);
}
