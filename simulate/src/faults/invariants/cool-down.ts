import { COOL_DOWN_MS } from '@streamcluster/placement';
import type { MakeInvariant } from './invariant.ts';

/** From a decision until its ingest worker is asked. */
const QUEUED_MS = 10_000;

/**
 * The operator leaves alone a stream that it touched for a cool-down (only a split
 * may follow at once), also one that takes over from another: streams that go to and
 * fro cost more than they bring.
 */
export const coolDown: MakeInvariant = ({ site }) => {
  const touchedAtMs = new Map<string, number>();
  let seen = 0;
  return {
    name: 'nothing moves twice in a cool-down',
    check() {
      for (; seen < site.served.length; seen += 1) {
        const record = site.served[seen];
        if (record === undefined) continue;
        const { stream, reason } = record.call;
        const before = touchedAtMs.get(stream) ?? -Infinity;
        touchedAtMs.set(stream, record.askedAtMs);
        const isSoon = record.askedAtMs - before < COOL_DOWN_MS - QUEUED_MS;
        if (isSoon && reason !== 'Split')
          return `${stream}: ${reason} ${(record.askedAtMs - before) / 1_000} s after the last`;
      }
      return undefined;
    },
  };
};
