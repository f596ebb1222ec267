import { cpuCount } from './quantity.ts';
import type { StreamClusterSpec } from './spec.ts';

/** Young objects of a worker are few and die soon. Node would give them 64 MB
 * and more, which grows with what survives; so collections are shorter, too. */
const YOUNG_MEMORY = '--max-semi-space-size=8';
/** Helper threads of the collector would take the loop's only CPU from it. */
const ONE_THREAD = '--single-threaded-gc';

/** How Node is started for a worker, whoever starts it. */
export function nodeFlags({ cpus }: Pick<StreamClusterSpec['worker'], 'cpus'>): string[] {
  return cpuCount(cpus) === 1 ? [YOUNG_MEMORY, ONE_THREAD] : [YOUNG_MEMORY];
}
