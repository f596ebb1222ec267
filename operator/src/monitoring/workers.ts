import type { Dashboard, Panel, Unit } from './dashboard.ts';

/** Label that the PodMonitor gives each worker's series. */
const CLUSTER = 'streamcluster_dev_cluster';
const PICKED = `namespace=~"$namespace",${CLUSTER}=~"$cluster",pod=~"$worker"`;

/** What each worker does, and where its time goes. */
export const workers: Dashboard = {
  uid: 'streamcluster-workers',
  title: 'Streamcluster workers',
  about: 'Every worker of the StreamClusters: load, traffic, waiting, refusals.',
  pick: [
    { name: 'namespace', series: 'streamcluster_loop_utilization_ratio', label: 'namespace' },
    { name: 'cluster', series: 'streamcluster_loop_utilization_ratio', label: CLUSTER },
    { name: 'worker', series: 'streamcluster_loop_utilization_ratio', label: 'pod' },
  ],
  rows: [
    {
      title: 'Load',
      panels: [
        each(
          'Busy share of the loop',
          'Above 0.8 a worker gets no new streams.',
          'percentunit',
          'loop_utilization_ratio',
        ),
        perSecond('Sent', 'Bits a second, all connections.', 'bps', 'sent_bytes_total', 8),
        perSecond('Received', 'Bits a second, all connections.', 'bps', 'received_bytes_total', 8),
        each('Connections', 'Open ones.', 'short', 'connections'),
        each('Memory of streams', 'In use by logs.', 'bytes', 'arena_bytes'),
        each('Takes newcomers', '1: yes.', 'short', 'admitting'),
      ],
    },
    {
      title: 'Streams and viewers',
      panels: [
        each('Streams', 'That are here, relays among them.', 'short', 'streams'),
        each('Publishers', 'Connected here.', 'short', 'publishers'),
        each('Publishers that send badly', 'With a warning.', 'short', 'publishers_with_warnings'),
        each('Relays', 'Streams taken from other workers.', 'short', 'relays'),
        {
          ...{ title: 'Viewers by protocol', about: 'relay: other workers.', unit: 'short' },
          lines: { '{{protocol}}': `sum by (protocol) (streamcluster_viewers{${PICKED}})` },
        },
        perSecond('Redirects', 'New viewers sent to other workers.', 'ops', 'redirects_total', 1),
        perSecond('Players sent away', 'HLS, for balance.', 'ops', 'shed_players_total', 1),
      ],
    },
    {
      title: 'Waiting',
      panels: [
        quantiles('Start of a viewer', 'From asking to the first bytes.', 'viewer_start_seconds'),
        quantiles('Lag of viewers', 'Behind the newest frame.', 'viewer_lag_seconds'),
        quantiles('Late ticks', 'How late runs of sends were.', 'tick_late_seconds'),
        quantiles('Turns of the loop', 'How long it was busy at a time.', 'loop_turn_seconds'),
        perSecond(
          'Jumps of slow viewers',
          'To the newest key frame.',
          'ops',
          'viewer_skips_total',
          1,
        ),
        perSecond(
          'Slow viewers closed',
          'They took nothing.',
          'ops',
          'slow_viewers_closed_total',
          1,
        ),
      ],
    },
    {
      title: 'Trouble',
      panels: [
        {
          title: 'Refusals by code',
          about: 'docs/errors.md says what each means.',
          unit: 'ops',
          lines: {
            '{{code}}': `sum by (code) (rate(streamcluster_refusals_total{${PICKED}}[5m])) > 0`,
          },
        },
        each('Directory', '1 while NATS answers.', 'short', 'directory_connected'),
        perSecond('GOPs given up', 'For want of memory.', 'ops', 'arena_reliefs_total', 1),
        perSecond('Frames dropped', 'For want of memory.', 'ops', 'dropped_frames_total', 1),
        perSecond(
          'TLS handshakes that failed',
          'Of users.',
          'ops',
          'tls_handshake_failures_total',
          1,
        ),
        each('Draining', '1: on its way out.', 'short', 'draining'),
      ],
    },
  ],
};

function each(title: string, about: string, unit: Unit, name: string): Panel {
  return { title, about, unit, lines: { '{{pod}}': `streamcluster_${name}{${PICKED}}` } };
}

// eslint-disable-next-line max-params -- As the table above reads.
function perSecond(title: string, about: string, unit: Unit, name: string, times: number): Panel {
  const rate = `rate(streamcluster_${name}{${PICKED}}[1m])`;
  return { title, about, unit, lines: { '{{pod}}': times === 1 ? rate : `${times} * ${rate}` } };
}

function quantiles(title: string, about: string, name: string): Panel {
  const of = (share: number): string =>
    `histogram_quantile(${share}, sum by (le) (rate(streamcluster_${name}_bucket{${PICKED}}[5m])))`;
  return { title, about, unit: 's', lines: { p50: of(0.5), p95: of(0.95), p99: of(0.99) } };
}
