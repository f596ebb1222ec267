import { depths } from '@streamcluster/worker/testing';
import type { MakeInvariant } from './invariant.ts';

/** Relays that pull from one another in a circle feed nobody, and nobody of them
 * would ever notice: each hears from the next. */
export const noCycles: MakeInvariant = ({ site, clients }) => {
  return {
    name: 'no relay cycles',
    check() {
      const workers = new Map(site.nodes().map(({ id, worker }) => [id, worker]));
      for (const name of clients.names) {
        try {
          depths({ workers }, name);
        } catch (error) {
          return `${name.key}: ${error instanceof Error ? error.message : String(error)}`;
        }
      }
      return undefined;
    },
  };
};
