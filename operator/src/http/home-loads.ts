import type { StreamInfo } from '@streamcluster/proto';
import { StreamInfo_Role } from '@streamcluster/proto';
import type { HomeLoad, RebalanceWorker } from '@streamcluster/placement';
import type { WorkerSighting } from '../fleet/fleet.ts';

/**
 * What each worker's homes cost it. A worker's load is shared out by the bytes
 * that each stream moves through it. Viewers stay where they are connected, so
 * with a home go only its relays, and its own pull where nobody here watches.
 */
export function rebalanceWorkers(sightings: readonly WorkerSighting[]): RebalanceWorker[] {
  return sightings.map(({ id, report, settledLoad, isDraining, isSilent }) => {
    const weight = report.topStreams.reduce((sum, stream) => sum + weightOf(stream), 0);
    const loadOfOne = weight > 0 ? settledLoad / weight : 0;
    const homes = report.topStreams.filter(isHome).map((stream): HomeLoad => ({
      stream: stream.name,
      load: movableWeight(stream) * loadOfOne,
    }));
    return { id, load: settledLoad, homes, isDraining, isSilent };
  });
}

function isHome({ role }: StreamInfo): boolean {
  return role === StreamInfo_Role.ROLE_HOME || role === StreamInfo_Role.ROLE_INGEST_AND_HOME;
}

/** Comes in once, goes out to every reader. */
function weightOf({ bitsPerSecond, viewers }: StreamInfo): number {
  return bitsPerSecond * (1 + sum(viewers));
}

function movableWeight({ bitsPerSecond, viewers, role }: StreamInfo): number {
  const relays = viewers.relay ?? 0;
  const isWatchedHere = sum(viewers) > relays;
  const pull = role === StreamInfo_Role.ROLE_HOME && !isWatchedHere ? 1 : 0;
  return bitsPerSecond * (relays + pull);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
