import type { Page } from 'playwright-core';
import type { TestCluster } from '../harness/cluster.ts';

/** These run in the page. */
export const NEWEST_KEY_FRAME =
  'Math.max(...[...document.querySelectorAll(".ring .gop.flv title")].map(({ textContent }) => Number(/at ([0-9.]+) s/.exec(textContent)[1])))';
const READERS =
  '[...document.querySelectorAll(".ring [data-reader]")].map(({ dataset }) => ({ id: dataset.reader, lagMs: Number(dataset.lagMs), skips: Number(dataset.skips) }))';

/** Keeps how far behind readers were before and after each jump, as the ring shows them. */
export const WATCH_JUMPS = `
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

export interface Jump {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Reader {
  readonly id: string;
  readonly lagMs: number;
  readonly skips: number;
}

export async function readerOf(page: Page, id: string): Promise<Reader | undefined> {
  return (await page.evaluate<Reader[]>(READERS)).find((one) => one.id === id);
}

/** One that is behind by more than a second, at whichever worker it is. */
export async function slowestReader(page: Page, cluster: TestCluster): Promise<Reader | undefined> {
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
