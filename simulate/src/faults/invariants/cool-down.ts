import { COOL_DOWN_MS } from '@streamcluster/placement';
import type { MakeInvariant } from './invariant.ts';

/** From a decision until its ingest worker is asked. */
const QUEUED_MS = 10_000;

/**
 * The operator moves no home of a stream that it touched within a cool-down, also
 * one that takes over from another: streams that go to and fro cost more than they
 * bring. Replicas may come at once, and go when their workers do.
 */
export const coolDown: MakeInvariant = ({ site }) => {
  const touchedAtMs = new Map<string, number[]>();
  let seen = 0;
  return {
    name: 'nothing moves twice in a cool-down',
    check() {
      for (; seen < site.served.length; seen += 1) {
        const { call, askedAtMs } = site.served[seen] ?? {};
        if (call === undefined || askedAtMs === undefined) continue;
        // One that was asked earlier may arrive later.
        const touched = touchedAtMs.get(call.stream) ?? [];
        const sinceMs = askedAtMs - Math.max(...touched.filter((atMs) => atMs <= askedAtMs));
        touchedAtMs.set(call.stream, [...touched, askedAtMs]);
        if (call.reason !== 'Rebalance' || sinceMs >= COOL_DOWN_MS - QUEUED_MS) continue;
        return `${call.stream} moves ${sinceMs / 1_000} s after it was touched`;
      }
      return undefined;
    },
  };
};
