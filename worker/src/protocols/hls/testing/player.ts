import { SegmentKeys } from '../../../sessions/segment-keys.ts';
import { openVisitors } from '../../../sessions/testing/open-visitors.ts';
import type { Live } from '../../http/testing/live.ts';
import { HlsRoute, type HlsRouteOptions } from '../route.ts';

/** HLS of one worker's streams, to everybody unless something else is said. */
export function hlsRoute(live: Live, more: Partial<HlsRouteOptions> = {}): HlsRoute {
  return new HlsRoute({
    streams: live,
    clock: live.clock,
    visitors: openVisitors(),
    segmentKeys: new SegmentKeys({ guards: () => false, clock: live.clock }),
    ...more,
  });
}

/** Where a multivariant playlist sends its player. */
export function mediaUrlIn(text: string, base: string): string {
  const uri = text.split('\n').find((line) => line !== '' && !line.startsWith('#'));
  if (!text.includes('#EXT-X-STREAM-INF') || uri === undefined) {
    throw new Error(`no multivariant playlist: ${text.slice(0, 200)}`);
  }
  return new URL(uri, base).href;
}

/** A new player's own address of the media playlist. */
export async function newPlayer(
  url: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await fetch(url, { headers });
  return mediaUrlIn(await answer.text(), answer.url);
}
