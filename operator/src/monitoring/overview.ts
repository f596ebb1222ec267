import type { Dashboard } from './dashboard.ts';
import { isLeading, ofLeader } from './of-leader.ts';

const PICKED = 'namespace=~"$namespace",cluster=~"$cluster"';
const CLUSTER = ['namespace', 'cluster'] as const;

/** One look at all StreamClusters. */
export const overview: Dashboard = {
  uid: 'streamcluster-overview',
  title: 'Streamcluster',
  about: 'StreamClusters: what is published, who watches, and whether the control plane is well.',
  pick: [
    { name: 'namespace', series: 'streamcluster_cluster_streams', label: 'namespace' },
    { name: 'cluster', series: 'streamcluster_cluster_streams', label: 'cluster' },
  ],
  rows: [
    {
      title: 'Now',
      panels: [
        figure('Streams', `sum(${picked('cluster_streams')})`),
        figure('Viewers', `sum(${picked('cluster_viewers')})`),
        figure(
          'Workers ready',
          `sum(${ofLeader(`streamcluster_workers{${PICKED},state="ready"}`)})`,
        ),
        figure('Workers wanted', `sum(${picked('workers_desired')})`),
        figure('Highest load over mean', `max(${picked('worker_load_max_over_mean_ratio')})`),
        figure('Operators that lead', 'sum(streamcluster_leading)'),
      ],
    },
    {
      title: 'Streams and viewers',
      panels: [
        {
          ...{ title: 'Streams', about: 'Streams that are published.', unit: 'short' },
          lines: { '{{namespace}}/{{cluster}}': picked('cluster_streams') },
        },
        {
          ...{ title: 'Viewers', about: 'Of all streams and protocols.', unit: 'short' },
          lines: { '{{namespace}}/{{cluster}}': picked('cluster_viewers') },
        },
        {
          ...{ title: 'Workers by state', about: 'What workers are doing.', unit: 'short' },
          lines: { '{{state}}': `sum by (state) (${picked('workers', [...CLUSTER, 'state'])})` },
        },
      ],
    },
    {
      title: 'Placement',
      panels: [
        {
          title: 'Highest load over mean',
          about: 'Above 1.25 the rebalancer acts.',
          unit: 'short',
          lines: {
            '{{namespace}}/{{cluster}}': picked('worker_load_max_over_mean_ratio'),
          },
        },
        {
          title: 'Streams moved, split, merged',
          about: 'By outcome.',
          unit: 'ops',
          lines: {
            '{{kind}} {{outcome}}':
              'sum by (kind, outcome) (rate(streamcluster_stream_changes_total[5m]))',
          },
        },
        {
          title: 'Placements',
          about: 'Homes drawn for new streams, by why.',
          unit: 'ops',
          lines: {
            '{{policy}} {{reason}}':
              'sum by (policy, reason) (rate(streamcluster_placements_total[5m]))',
          },
        },
        {
          title: 'Workers steered off, rebalancing frozen',
          about:
            'Newcomers are kept from busy workers; nothing moves while many workers are silent.',
          unit: 'short',
          lines: {
            'steered off': `sum(${picked('workers_steered_off')})`,
            frozen: `max(${picked('rebalance_frozen')})`,
          },
        },
      ],
    },
    {
      title: 'Operator',
      panels: [
        {
          title: 'Reconcile passes',
          about: 'By result.',
          unit: 'ops',
          lines: { '{{result}}': 'sum by (result) (rate(streamcluster_reconciles_total[5m]))' },
        },
        {
          title: 'Time of a pass, 99 of 100',
          about: 'From the first look to the last write.',
          unit: 's',
          lines: {
            p99: 'histogram_quantile(0.99, sum by (le) (rate(streamcluster_reconcile_duration_seconds_bucket[5m])))',
          },
        },
        {
          title: 'Load reports',
          about: 'Every worker sends one every two seconds.',
          unit: 'ops',
          lines: {
            '{{result}}': `sum by (result) (${isLeading('rate(streamcluster_load_reports_total[1m])')})`,
          },
        },
        {
          title: 'NATS',
          about: '1 while it answers.',
          unit: 'short',
          lines: { operator: 'min(streamcluster_nats_connected)' },
        },
        {
          title: 'Requests to the API server',
          about: 'By verb and answer.',
          unit: 'ops',
          lines: {
            '{{verb}} {{code}}':
              'sum by (verb, code) (rate(streamcluster_kube_requests_total[5m]))',
          },
        },
        {
          title: 'Workers created, drained, restarted',
          about: 'Restarts and hangs should be rare.',
          unit: 'ops',
          lines: {
            '{{change}}': 'sum by (change) (rate(streamcluster_worker_changes_total[15m]))',
          },
        },
      ],
    },
  ],
};

function figure(title: string, expr: string): Dashboard['rows'][number]['panels'][number] {
  return { title, about: title, unit: 'short', isFigure: true, lines: { [title]: expr } };
}

/** A figure of those StreamClusters that were picked. */
function picked(name: string, by: readonly string[] = CLUSTER): string {
  return ofLeader(`streamcluster_${name}{${PICKED}}`, by);
}
