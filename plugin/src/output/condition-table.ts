import type { Io } from '../io.ts';
import type { Condition } from '../kube/types.ts';
import { plain, table } from './table.ts';
import { since } from './units.ts';

/** Empty where there are none. */
export function conditionTable(io: Io, conditions: readonly Condition[]): string {
  if (conditions.length === 0) return '';
  const heads = ['TYPE', 'STATUS', 'SINCE', 'REASON', 'MESSAGE'].map((head) => ({ head }));
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
    plain(type),
    plain(status),
    since(lastTransitionTime, io.unixMs()),
    plain(reason ?? ''),
    plain(message ?? ''),
  ]);
  return table(heads, rows);
}
