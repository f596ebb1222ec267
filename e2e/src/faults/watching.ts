import { isVideo } from '../content/flv-tags.ts';
import type { FlvViewer } from '../clients/flv.ts';
import { eventually, eventuallyTrue } from '../harness/eventually.ts';
import type { FaultSite } from './fault-site.ts';

const PICTURES_MS = 15_000;

/** Viewers of a stream, by the worker that serves them. */
export type Watchers = ReadonlyMap<string, FlvViewer>;

/** One viewer on each of the workers, as soon as they have the stream; resolves when
 * all of them see pictures. */
export async function watch(
  site: FaultSite,
  stream: string,
  workers: readonly string[],
): Promise<Watchers> {
  const viewers = await Promise.all(workers.map((worker) => served(site, stream, worker)));
  await goOn(viewers, 'all of them see pictures', PICTURES_MS);
  return new Map(workers.map((worker, i) => [worker, viewers[i]!]));
}

function served(site: FaultSite, stream: string, worker: string): Promise<FlvViewer> {
  return eventually(`${stream} at ${worker}`, PICTURES_MS, async () => {
    const viewer = await site.view(worker, stream);
    if (viewer.status === 200) return viewer;
    viewer.close();
    return undefined;
  });
}

/** Resolves, with how long that took, when each of them has got a second's pictures more. */
export async function goOn(
  viewers: Iterable<FlvViewer>,
  what: string,
  withinMs: number,
): Promise<number> {
  const startedMs = performance.now();
  const wanted = [...viewers].map((viewer) => ({ viewer, count: countOf(viewer) + 25 }));
  await eventuallyTrue(what, withinMs, () => {
    const closed = wanted.filter(({ viewer }) => viewer.closed);
    if (closed.length > 0) throw new Error(`${closed.length} viewers were cut`);
    return wanted.every(({ viewer, count }) => countOf(viewer) >= count);
  });
  return performance.now() - startedMs;
}

function countOf({ tags }: FlvViewer): number {
  return tags.filter(isVideo).length;
}

/** All of them but the one at a worker. */
export function exceptAt(watchers: Watchers, worker: string): FlvViewer[] {
  return [...watchers].filter(([id]) => id !== worker).map(([, viewer]) => viewer);
}
