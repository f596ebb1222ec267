import type { Dashboard, Panel, Unit } from './dashboard.ts';
import { ofLeader } from './of-leader.ts';

const PICKED = 'namespace=~"$namespace",cluster=~"$cluster",app=~"$app",stream=~"$stream"';
const STREAM = ['namespace', 'cluster', 'app', 'stream'] as const;
const SHOWN = 20;

/** Single streams; needs `serviceMonitor.streams`. */
export const streams: Dashboard = {
  uid: 'streamcluster-streams',
  title: 'Streamcluster streams',
  about: 'Those with most viewers. Needs the chart’s serviceMonitor.streams.',
  pick: [
    { name: 'namespace', series: 'streamcluster_stream_viewers', label: 'namespace' },
    { name: 'cluster', series: 'streamcluster_stream_viewers', label: 'cluster' },
    { name: 'app', series: 'streamcluster_stream_viewers', label: 'app' },
    { name: 'stream', series: 'streamcluster_stream_viewers', label: 'stream' },
  ],
  rows: [
    {
      title: 'Streams',
      panels: [
        top('Viewers', 'Of each stream.', 'short', 'viewers'),
        top('Bitrate', 'As it arrives.', 'bps', 'bits_per_second'),
        {
          title: 'Publishers away',
          about: 'Streams that wait for their publisher to come back.',
          unit: 'short',
          lines: { waiting: `count(${picked('live')} == 0) or vector(0)` },
        },
        {
          title: 'Streams beyond the bound',
          about: 'That have no series of their own.',
          unit: 'short',
          lines: { 'not shown': ofLeader('streamcluster_streams_not_shown', ['namespace']) },
        },
      ],
    },
  ],
};

function top(title: string, about: string, unit: Unit, name: string): Panel {
  const expr = `topk(${SHOWN}, ${picked(name)})`;
  return { title, about, unit, lines: { '{{namespace}}/{{cluster}} {{app}}/{{stream}}': expr } };
}

function picked(name: string): string {
  return ofLeader(`streamcluster_stream_${name}{${PICKED}}`, STREAM);
}
