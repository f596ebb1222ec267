import { NATS } from '../world/site.ts';
import type { MakeInvariant } from './invariant.ts';

/** Longer than a watch may be silent, a check and a claim's sweep after it. */
const BOUND_MS = 25_000;

/**
 * Two publishers of one name, let in while their workers could not know of one
 * another, are told apart once both workers hear the directory again: one of them
 * is closed. Viewers would else see two programmes under one name.
 */
export const oneIngest: MakeInvariant = ({ site, clients }) => {
  const sinceMs = new Map<string, number>();
  return {
    name: 'one ingest worker',
    check() {
      const nowMs = site.clock.nowMs();
      for (const { key } of clients.names) {
        const claiming = site
          .nodes()
          .filter(({ worker }) => worker.cluster.claims.get(key)?.publication.isAlive === true);
        const hear = claiming.every(
          ({ id, isWell, bus }) => isWell && bus.isConnected && site.network.areJoined(id, NATS),
        );
        const isTwo = claiming.length > 1 && hear && site.server === 'up';
        if (!isTwo) sinceMs.delete(key);
        else if (!sinceMs.has(key)) sinceMs.set(key, nowMs);
        if (nowMs - (sinceMs.get(key) ?? nowMs) < BOUND_MS) continue;
        return `${key} is published at ${claiming.map(({ id }) => id).join(' and ')}`;
      }
      return undefined;
    },
  };
};
