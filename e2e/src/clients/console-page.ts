import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { TestCluster, type ClusterOptions } from '../harness/cluster.ts';
import { cacheFolder } from '../harness/paths.ts';
import { openChromium } from './chromium.ts';

export const TOKENS = { admin: 'admin-token-of-the-test', viewer: 'viewer-token-of-the-test' };
/** What a stranger would have the page run. */
export const PROBE = '<img src=x onerror="window.wasRun=true">';
export const CLUSTER = '#/clusters/default/e2e';
export const SHOWN_MS = 30_000;

/** A cluster with a login, and its page in Chromium. */
export class ConsolePage {
  readonly cluster: TestCluster;
  readonly page: Page;
  /** Scripts that failed, and what the page's policy refused. */
  readonly errors: string[] = [];
  private readonly closeBrowser: () => Promise<void>;

  private constructor(cluster: TestCluster, page: Page, closeBrowser: () => Promise<void>) {
    this.cluster = cluster;
    this.page = page;
    this.closeBrowser = closeBrowser;
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) this.errors.push(message.text());
    });
  }

  static async open(name: string, options: ClusterOptions): Promise<ConsolePage> {
    const cluster = await TestCluster.start(name, { ...options, tokens: TOKENS });
    const browser = await openChromium();
    const page = await browser.context.newPage();
    return new ConsolePage(cluster, page, () => browser.close());
  }

  async goTo(hash: string): Promise<void> {
    await this.page.goto(`${this.cluster.api.url}/${hash}`);
    await this.page.locator('main').waitFor();
  }

  async logIn(token: string): Promise<void> {
    await this.page.goto(this.cluster.api.url);
    await this.page.getByLabel('Token').fill(token);
    await this.page.getByRole('button', { name: 'Log in' }).click();
  }

  /** The stream in the list. */
  linkOf(stream: string): Locator {
    return this.page.getByRole('table', { name: 'Streams' }).getByRole('link', { name: stream });
  }

  async screenshot(name: string, fullPage = false): Promise<void> {
    await this.page.screenshot({ path: screenshotFile(name), fullPage });
  }

  async close(): Promise<void> {
    await this.closeBrowser();
    await this.cluster.stop();
  }
}

export function screenshotFile(name: string): string {
  return path.join(cacheFolder('screenshots'), `console-${name}.png`);
}
