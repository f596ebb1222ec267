import { parseDirectoryEntry, streamKeyOf } from '@streamcluster/proto';
import type { MakeInvariant } from './invariant.ts';

/**
 * Each entry that the bucket takes has a higher epoch than the one it replaces: this
 * is all that keeps a worker with an old view from undoing what others decided since.
 */
export const epochsGrow: MakeInvariant = ({ site }) => {
  let fault: string | undefined;
  site.nats.onWrite = (key, { value }, before) => {
    if (value === undefined || before?.value === undefined) return;
    const entry = parseDirectoryEntry(value);
    const old = parseDirectoryEntry(before.value);
    if (entry === undefined || old === undefined || entry.epoch > old.epoch) return;
    fault ??= `${streamKeyOf(key)}: epoch ${entry.epoch} of ${entry.ingest} over ${old.epoch} of ${old.ingest}`;
  };
  return { name: 'epochs grow', check: () => fault };
};
