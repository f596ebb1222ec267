import type { FleetPicture, StreamPart, StreamPicture } from './fleet-picture.ts';
import type { ViewerMode } from './hot-streams.ts';
import type { HomeLoad } from './rebalance.ts';

/**
 * The homes that may move, by worker, with the load that goes with them.
 * Streams with replicas are not among them: theirs flows between servers.
 */
export function homesByWorker(
  { streams }: FleetPicture,
  mode: ViewerMode,
  mayMove: (stream: string) => boolean,
): Map<string, HomeLoad[]> {
  const homes = new Map<string, HomeLoad[]>();
  for (const stream of streams.values()) {
    if (stream.replicas.length > 0 || !mayMove(stream.stream)) continue;
    const part = stream.parts.find(({ worker }) => worker === stream.home);
    const load = part === undefined ? 0 : movableLoad(stream, part, mode);
    if (load <= 0) continue;
    const others = homes.get(stream.home);
    const home = { stream: stream.stream, load };
    if (others === undefined) homes.set(stream.home, [home]);
    else others.push(home);
  }
  return homes;
}

/**
 * Relays go to the new home, but for the one by which that pulls from the old
 * one, where the publisher is. Viewers who stay connected stay where they are;
 * those who ask anew follow where they are sent to homes.
 */
function movableLoad(stream: StreamPicture, part: StreamPart, mode: ViewerMode): number {
  const { relays, relaysLoad, askingLoad, stayingLoad, isPulled, intakeLoad } = part;
  const isIngest = stream.ingest === stream.home;
  const moved = isIngest && relays > 0 ? relaysLoad * ((relays - 1) / relays) : relaysLoad;
  const followers = mode === 'Redirect' ? askingLoad : 0;
  const isLeft = stayingLoad === 0 && (mode === 'Redirect' || askingLoad === 0);
  return moved + followers + (isPulled && isLeft ? intakeLoad : 0);
}
