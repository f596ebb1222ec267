import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousViolations } from './clients/axe.ts';
import { CLUSTER, ConsolePage, PROBE, SHOWN_MS, TOKENS } from './clients/console-page.ts';
import { publish, publishEncoded } from './clients/ffmpeg.ts';
import { StallingProxy } from './clients/stalling-proxy.ts';
import { fixture } from './content/fixture.ts';
import type { Child } from './harness/child.ts';
import type { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/console';
/** Its publisher has a key frame at the start and never again. */
const BADLY_SENT = 'live/badly-sent';
const ONE_KEY_FRAME = 'eq(n,0)';
const PAGES = {
  overview: '#/',
  cluster: CLUSTER,
  stream: `${CLUSTER}/streams/${STREAM}`,
  worker: `${CLUSTER}/workers/w-0`,
};

describe('the console in Chromium', { timeout: 120_000 }, () => {
  let shown: ConsolePage;
  let cluster: TestCluster;
  let page: Page;
  let publisher: Child | undefined;

  beforeAll(async () => {
    shown = await ConsolePage.open('console-use', { replicas: 2 });
    ({ cluster, page } = shown);
  }, 120_000);

  afterAll(async () => {
    publisher?.kill();
    await shown.close();
  });

  it('lets in who has a token, a viewer to read only', async () => {
    await shown.logIn('a-token-that-nobody-has');
    await page.getByRole('alert').getByText('the token is not known').waitFor();
    await shown.screenshot('login');
    expect(await seriousViolations(page)).toEqual([]);
    await shown.logIn(TOKENS.viewer);
    await page.getByText('Nobody publishes').waitFor({ timeout: SHOWN_MS });
    await shown.goTo(PAGES.cluster);
    const scale = page.getByRole('button', { name: 'Change the number of workers' });
    await scale.getByText('You may only read here').waitFor();
    await scale.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    const refused = await page.evaluate<number>(SCALE_BY_HAND);
    expect(refused).toBe(403);
    await page.getByRole('button', { name: 'Log out' }).click();
    await shown.logIn(TOKENS.admin);
    await page.getByText('Nobody publishes').waitFor({ timeout: SHOWN_MS });
  });

  it('shows a stream, and what strangers call theirs as text', async () => {
    publisher = publish((await fixture()).file, cluster.rtmpUrl(STREAM), { repeats: -1 });
    await shown.linkOf(STREAM).waitFor({ timeout: SHOWN_MS });
    await shown.goTo(`${CLUSTER}/streams/live/${encodeURIComponent(PROBE)}`);
    await page.getByText('Nobody publishes this stream').waitFor();
    expect(await page.locator('h1').innerText()).toContain(PROBE);
    expect(await page.evaluate('window.wasRun')).toBeUndefined();
  });

  it('drains a worker and changes their number, and says before what happens', async () => {
    await shown.goTo(PAGES.cluster);
    await page.getByRole('button', { name: 'Change the number of workers' }).click();
    await page.getByRole('spinbutton').fill('3');
    await page.getByText('1 worker more start').waitFor();
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await eventuallyTrue('three are wanted', SHOWN_MS, async () => {
      return (await cluster.api.cluster()).status.replicas >= 3;
    });
    await shown.goTo(`${CLUSTER}/workers/w-2`);
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
    await shown.screenshot('operator-hangs');
    expect(await seriousViolations(page)).toEqual([]);
    proxy.stall(false);
    await note.waitFor({ state: 'detached', timeout: SHOWN_MS });
    await page.locator('.ring .gop').first().waitFor({ state: 'attached', timeout: SHOWN_MS });
    await proxy.stop();
  });

  it('asks for a login again when the one before is over', async () => {
    await shown.goTo(PAGES.stream);
    await page.getByRole('heading', { name: 'Ring' }).waitFor();
    await page.context().clearCookies();
    await page.getByLabel('Token').waitFor({ timeout: SHOWN_MS });
    await shown.logIn(TOKENS.admin);
    await shown.linkOf(STREAM).waitFor({ timeout: SHOWN_MS });
  });

  it('is worked by keys alone', async () => {
    await shown.goTo(PAGES.overview);
    await shown.linkOf(STREAM).waitFor();
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
        await shown.goTo(hash);
        await page.locator('main .card').first().waitFor({ timeout: SHOWN_MS });
        await page.waitForTimeout(350);
        await shown.screenshot(`${name}-${theme}-${width}`, true);
        expect(await seriousViolations(page), `${theme}, ${width}`).toEqual([]);
        expect(await page.evaluate(OVERFLOW), `${theme}, ${width}: wider than the page`).toBe(0);
      }
    },
  );

  it('marks a stream whose publisher sends badly, and says what is wrong', async () => {
    const badly = publishEncoded(cluster.rtmpUrl(BADLY_SENT), ONE_KEY_FRAME);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await shown.goTo(PAGES.overview);
    const rows = page.getByRole('table', { name: 'Streams' }).getByRole('row');
    const row = rows.filter({ hasText: BADLY_SENT });
    await row.getByText('1 warning').waitFor({ timeout: SHOWN_MS });
    await page.getByText('1 with warnings').waitFor();
    await shown.screenshot('warnings');
    await page.getByRole('searchbox').fill('KeyFramesRare');
    await eventuallyTrue('it is found by the reason', SHOWN_MS, async () => {
      return (await rows.filter({ hasText: 'live/' }).count()) === 1;
    });
    for (const [theme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 900 });
      await shown.goTo(`${CLUSTER}/streams/${BADLY_SENT}`);
      const card = page.locator('section', { hasText: 'Publisher' });
      await card.getByText('viewers start late').waitFor({ timeout: SHOWN_MS });
      await card.getByText('FrameRateSufficient').waitFor();
      await shown.screenshot(`badly-${theme}-${width}`, true);
      expect(await seriousViolations(page), `${theme}, ${width}`).toEqual([]);
      expect(await page.evaluate(OVERFLOW), `${theme}, ${width}: wider than the page`).toBe(0);
    }
    badly.kill();
  });

  it('ran no script that failed, and broke no policy', () => {
    expect(shown.errors).toEqual([]);
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
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
