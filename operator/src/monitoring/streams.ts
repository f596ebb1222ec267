import type { Dashboard, Panel, Unit } from './dashboard.ts';
import { isLeading, ofLeader } from './of-leader.ts';

const PICKED = 'namespace=~"$namespace",cluster=~"$cluster",app=~"$app",stream=~"$stream"';
const STREAM = ['namespace', 'cluster', 'app', 'stream'] as const;
const SHOWN = 20;
const LEGEND = '{{namespace}}/{{cluster}} {{app}}/{{stream}}';

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
    {
      title: 'Publishers',
      panels: [
        {
          title: 'Warnings by reason',
          about: 'Streams whose publisher sends badly; docs/debugging.md says what each means.',
          unit: 'short',
          lines: {
            '{{reason}}': `count by (reason) (${picked('warning', [...STREAM, 'reason'])})`,
          },
        },
        {
          title: 'Warnings by stream',
          about: 'How many each has.',
          unit: 'short',
          lines: {
            [LEGEND]: `topk(${SHOWN}, count by (${STREAM.join(', ')}) (${picked('warning', [...STREAM, 'reason'])}))`,
          },
        },
        lowest('Pictures a second', 'The lowest ones.', 'short', 'frames_per_second'),
        top(
          'Key frame interval',
          'From key frame to key frame.',
          's',
          'key_frame_interval_seconds',
        ),
        {
          title: 'Audio and video apart',
          about: 'How far, whichever is ahead.',
          unit: 's',
          lines: { [LEGEND]: `topk(${SHOWN}, abs(${picked('audio_ahead_seconds')}))` },
        },
        {
          title: 'Gaps, steps back',
          about: 'Of timestamps, a second.',
          unit: 'ops',
          lines: { gaps: sumOfRates('gaps_total'), 'steps back': sumOfRates('steps_back_total') },
        },
      ],
    },
  ],
};

function top(title: string, about: string, unit: Unit, name: string): Panel {
  return { title, about, unit, lines: { [LEGEND]: `topk(${SHOWN}, ${picked(name)})` } };
}

/** Without video it is 0. */
function lowest(title: string, about: string, unit: Unit, name: string): Panel {
  return { title, about, unit, lines: { [LEGEND]: `bottomk(${SHOWN}, ${picked(name)} > 0)` } };
}

function sumOfRates(name: string): string {
  return `sum(${isLeading(`rate(streamcluster_stream_${name}{${PICKED}}[5m])`)})`;
}

function picked(name: string, by: readonly string[] = STREAM): string {
  return ofLeader(`streamcluster_stream_${name}{${PICKED}}`, by);
}
