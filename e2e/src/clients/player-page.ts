import fs from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { ROOT } from '../harness/paths.ts';

const PAGE = path.join(import.meta.dirname, 'player-page.html');
const MPEGTS = path.join(ROOT, 'node_modules/mpegts.js/dist/mpegts.js');
/** Less is the player's own jitter. */
const MOVED_SECONDS = 0.01;

/** Serves player-page.html, for viewers whose way is not the console's. */
export async function servePlayerPage(): Promise<{ url: string; close(): void }> {
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/mpegts.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    fs.createReadStream(isScript ? MPEGTS : PAGE).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Where the picture stood, each 250 ms. */
export interface Sample {
  readonly atMs: number;
  readonly currentTime: number;
  readonly frames: number;
}

/** What the page noted so far. */
export function samples(page: Page): Promise<Sample[]> {
  return page.evaluate<Sample[]>('samples');
}

/** Longest time, in ms, in which the picture stood still. */
export function longestFreezeMs(taken: readonly Sample[]): number {
  let longest = 0;
  let since = taken[0];
  for (const sample of taken) {
    if (since === undefined || sample.currentTime > since.currentTime + MOVED_SECONDS) {
      since = sample;
    }
    longest = Math.max(longest, sample.atMs - since.atMs);
  }
  return longest;
}
