import { COOL_DOWN_MS } from '@streamcluster/placement';
import type { MakeInvariant } from './invariant.ts';

/** From a decision until its ingest worker is asked. */
const QUEUED_MS = 10_000;

interface Touch {
  /** That the move was decided on. */
  readonly epoch: number;
  readonly askedAtMs: number;
}

/**
 * The operator moves no home of a stream that it touched within a cool-down, also
 * one that takes over from another: streams that go to and fro cost more than they
 * bring. Replicas may come at once, and go when their workers do.
 */
export const coolDown: MakeInvariant = ({ site }) => {
  const touchedAtMs = new Map<string, Touch[]>();
  let seen = 0;
  return {
    name: 'nothing moves twice in a cool-down',
    check() {
      for (; seen < site.served.length; seen += 1) {
        const { call, askedAtMs } = site.served[seen] ?? {};
        if (call === undefined || askedAtMs === undefined) continue;
        // One that was asked earlier may arrive later.
        const touched = touchedAtMs.get(call.stream) ?? [];
        touchedAtMs.set(call.stream, [...touched, { epoch: call.epoch, askedAtMs }]);
        // Asked again, since no answer came, it is the same move: its epoch says so.
        const earlier = touched.filter((one) => one.epoch !== call.epoch);
        const times = earlier.map((one) => one.askedAtMs).filter((atMs) => atMs <= askedAtMs);
        const sinceMs = askedAtMs - Math.max(...times);
        if (call.reason !== 'Rebalance' || sinceMs >= COOL_DOWN_MS - QUEUED_MS) continue;
        return `${call.stream} moves ${sinceMs / 1_000} s after it was touched`;
      }
      return undefined;
    },
  };
};
