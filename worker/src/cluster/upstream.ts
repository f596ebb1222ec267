import { upstreamsOf } from '@streamcluster/placement';
import type { Place } from './place.ts';

export interface UpstreamQuestion {
  readonly self: string;
  readonly place: Place;
  /** Not dead, and did not refuse lately, for whatever reason. */
  readonly isUsable: (worker: string) => boolean;
  /** Workers that full servers named: they pull from them, and have room. */
  readonly hints: Iterable<string>;
  /** Home or replicas pull from this worker: of the place, or of the one before it. */
  readonly feedsServers: boolean;
}

export interface UpstreamChoice {
  readonly worker: string;
  /** It is no server: a full one sent us there. */
  readonly isSentOn: boolean;
}

/**
 * Whom a worker that follows a stream takes it from; undefined: from nobody,
 * the publisher is here. The home takes it from the ingest worker, replicas from
 * the home (a tree where there are many), all others from any of them, each in
 * an order of its own. Where none of them is of use, from a worker that they
 * named, at last from the ingest worker, of use or not.
 */
export function upstreamOf(question: UpstreamQuestion): UpstreamChoice | undefined {
  const { self, place, isUsable, hints, feedsServers } = question;
  const { ingest, home, replicas } = place;
  if (ingest === self) return undefined;
  const isServer = home === self || replicas.includes(self);
  // Those who pull from a worker that serves no more do not know that yet: with one
  // of them above it, all would go in a circle.
  if (feedsServers && !isServer) return { worker: ingest, isSentOn: false };
  const server = upstreamsOf(self, place).find(isUsable);
  if (server !== undefined) return { worker: server, isSentOn: false };
  // Who serves others never hangs on one of them: that could be a circle.
  const hint = isServer ? undefined : [...hints].find((one) => one !== self && isUsable(one));
  if (hint !== undefined) return { worker: hint, isSentOn: true };
  return { worker: ingest, isSentOn: false };
}
