import { hasTls } from '../../specs/user-ports.ts';
import { maxOverMeanLoad, totalViewers } from '../../fleet/totals.ts';
import { rebalanceItem } from '../rebalance.ts';
import type { ClusterView } from '../view.ts';
import type { Item } from './difference.ts';

/** Of the newest decisions on streams more are not shown. */
const RECENT_DECISIONS = 40;

/** StreamClusters as the page shows them. */
export const clusterItems = {
  /** One of several. */
  summary(view: ClusterView): Item {
    const { resource, status } = view;
    const { namespace, name } = resource.metadata;
    const { phase = 'Pending', replicas = 0, readyReplicas = 0 } = status ?? {};
    return { namespace, name, phase, replicas, readyReplicas, endpoints: endpointsOf(view) };
  },

  /** All of one, in parts that change at their own pace. */
  async parts(view: ClusterView): Promise<ReadonlyMap<string, Item>> {
    const { resource, status, generation, events } = view;
    const { namespace, name } = resource.metadata;
    const sightings = view.sightings();
    const base = { namespace, name, generation, endpoints: endpointsOf(view) };
    const fleet = {
      streams: view.streamCount() ?? null,
      viewers: totalViewers(sightings),
      maxOverMeanLoad: Number(maxOverMeanLoad(sightings).toFixed(2)),
    };
    return new Map<string, Item>([
      ['cluster', { ...base, spec: resource.spec, status: status ?? null }],
      ['fleet', fleet],
      ['events', { items: [...events] }],
      ['decisions', { items: view.recentDecisions(RECENT_DECISIONS) }],
      ['rebalance', { ...(await rebalanceItem(view)) }],
      ['actions', { ...view.actions.hindrances() }],
    ]);
  },
};

export type ClusterItems = typeof clusterItems;

function endpointsOf({ endpoints, resource }: ClusterView): object {
  const { rtmps, https, ...plain } = endpoints;
  return hasTls(resource) ? { ...plain, rtmps, https } : plain;
}
