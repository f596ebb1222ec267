import type { Dashboard, Panel, Unit } from './dashboard.ts';

const PICKED = 'app=~"$app",stream=~"$stream"';
const SHOWN = 20;

/** Single streams; needs `serviceMonitor.streams`. */
export const streams: Dashboard = {
  uid: 'streamcluster-streams',
  title: 'Streamcluster streams',
  about: 'Those with most viewers. Needs the chart’s serviceMonitor.streams.',
  pick: [
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
          lines: { waiting: `count(streamcluster_stream_live{${PICKED}} == 0) or vector(0)` },
        },
        {
          title: 'Streams beyond the bound',
          about: 'That have no series of their own.',
          unit: 'short',
          lines: { 'not shown': 'streamcluster_streams_not_shown' },
        },
      ],
    },
  ],
};

function top(title: string, about: string, unit: Unit, name: string): Panel {
  const expr = `topk(${SHOWN}, streamcluster_stream_${name}{${PICKED}})`;
  return { title, about, unit, lines: { '{{app}}/{{stream}}': expr } };
}
