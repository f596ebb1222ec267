import type { PublisherClient } from '../clients/publisher-client.ts';
import type { ViewerClient } from '../clients/viewer-client.ts';
import type { Stage } from '../acts.ts';
import { NATS, type Site } from '../world/site.ts';
import type { WorkerNode } from '../world/worker-node.ts';
import type { MakeInvariant } from './invariant.ts';

/** So long a viewer may wait once nothing stands in the way any more: a hung server
 * is noticed after 4 s, a dead one after 6 s, and each may be tried in turn. */
const BOUND_MS = 20_000;
const HUNGRY_MS = 5_000;

/**
 * Who watches a stream gets it while its publisher is let in, the viewer's worker and
 * the publisher's are well, and both reach one another and NATS: whatever else is
 * broken, and whoever else serves the stream.
 */
export const reachable: MakeInvariant = ({ site, clients }) => {
  const allowedSinceMs = new Map<ViewerClient, number>();
  return {
    name: 'watched streams are reachable',
    check() {
      const nowMs = site.clock.nowMs();
      for (const viewer of clients.viewers) {
        if (!isAllowed(viewer, { site, clients })) {
          allowedSinceMs.delete(viewer);
          continue;
        }
        const sinceMs = allowedSinceMs.get(viewer) ?? nowMs;
        allowedSinceMs.set(viewer, sinceMs);
        const isHungry = nowMs - viewer.fedAtMs >= HUNGRY_MS;
        if (!isHungry || nowMs - Math.max(sinceMs, viewer.fedAtMs) < BOUND_MS) continue;
        const where = viewer.node?.id ?? 'no worker';
        return `${viewer.name.key}: a viewer at ${where} got nothing for ${(nowMs - viewer.fedAtMs) / 1_000} s`;
      }
      return undefined;
    },
  };
};

function isAllowed(viewer: ViewerClient, { site, clients }: Omit<Stage, 'random'>): boolean {
  const live = clients.liveOf(viewer.name);
  const [publisher] = live;
  if (publisher === undefined || live.length > 1 || site.server !== 'up') return false;
  const ingest = nodeOf(publisher);
  // One who is let in nowhere may try anywhere.
  const where = viewer.node === undefined ? site.nodes() : [viewer.node];
  return ingest !== undefined && where.every((node) => isClear(site, node, ingest));
}

function nodeOf({ node, publisher }: PublisherClient): WorkerNode | undefined {
  return publisher?.isSending === true ? node : undefined;
}

function isClear(site: Site, one: WorkerNode, other: WorkerNode): boolean {
  const { network } = site;
  const isWell = [one, other].every(
    ({ id, isWell: is, bus }) => is && bus.isConnected && network.areJoined(id, NATS),
  );
  return isWell && network.areJoined(one.id, other.id);
}
