import type { PublisherHealth } from '@streamcluster/proto';
import { warningsOf } from '../fleet/publisher-conditions.ts';
import type { StreamView } from '../fleet/stream-view.ts';

/** A stream, and the StreamCluster that has it: names are their own in each. */
export interface MeasuredStream {
  readonly namespace: string;
  readonly cluster: string;
  readonly stream: StreamView;
}

/** Beyond this a scrape would hold the loop and fill the scraper. */
export const MAX_STREAM_SERIES = 5_000;

interface Series<Of> {
  readonly name: string;
  readonly help: string;
  readonly type?: 'counter';
  readonly value: (of: Of) => number;
}

const PER_SECOND = 1_000;
const OF_STREAM: readonly Series<StreamView>[] = [
  { name: 'viewers', help: 'Viewers of the stream.', value: ({ viewers }) => viewers },
  {
    name: 'bits_per_second',
    help: 'Media bits per second that arrive.',
    value: ({ bitsPerSecond }) => bitsPerSecond,
  },
  {
    name: 'live',
    help: '1 while its publisher sends, 0 while it is away.',
    value: ({ state }) => (state === 'live' ? 1 : 0),
  },
];
/** Of streams that have a publisher. */
const OF_PUBLISHER: readonly Series<PublisherHealth>[] = [
  {
    name: 'frames_per_second',
    help: 'Pictures a second of media time; 0 without video.',
    value: ({ framesPerSecond }) => framesPerSecond,
  },
  {
    name: 'key_frame_interval_seconds',
    help: 'From key frame to key frame.',
    value: ({ keyIntervalMs }) => keyIntervalMs / PER_SECOND,
  },
  {
    name: 'audio_ahead_seconds',
    help: 'How far audio is ahead of video in what arrives; negative: behind.',
    value: ({ driftMs }) => driftMs / PER_SECOND,
  },
  {
    ...{ name: 'gaps_total', type: 'counter' },
    help: 'Jumps forward of timestamps since its publisher came.',
    value: ({ gaps }) => gaps,
  },
  {
    ...{ name: 'steps_back_total', type: 'counter' },
    help: 'Steps back of timestamps since its publisher came.',
    value: ({ stepsBack }) => stepsBack,
  },
];

/**
 * Series per stream, written out by hand: a registry with thousands of labels
 * blocks the loop for 100 ms a scrape. Those with most viewers come first.
 */
export function renderStreamMetrics(streams: readonly MeasuredStream[]): string {
  const shown = [...streams]
    .sort((a, b) => b.stream.viewers - a.stream.viewers)
    .slice(0, MAX_STREAM_SERIES);
  const all = shown.map((one) => ({ labels: labelsOf(one), of: one.stream }));
  const published = all.flatMap(({ labels, of: { health } }) =>
    health === null ? [] : [{ labels, of: health }],
  );
  const left = streams.length - shown.length;
  const truncated = header('streams_not_shown', 'Streams beyond the bound of this page.');
  return [
    ...OF_STREAM.map((series) => block(series, all)),
    ...OF_PUBLISHER.map((series) => block(series, published)),
    warnings(published),
    `${truncated}streamcluster_streams_not_shown ${left}\n`,
  ].join('');
}

interface Labelled<Of> {
  readonly labels: string;
  readonly of: Of;
}

function block<Of>(
  { name, help, type, value }: Series<Of>,
  labelled: readonly Labelled<Of>[],
): string {
  const lines = labelled.map(
    ({ labels, of }) => `streamcluster_stream_${name}{${labels}} ${value(of)}\n`,
  );
  return header(`stream_${name}`, help, type) + lines.join('');
}

/** What is wrong only: all that is well would be as many lines as everything else. */
function warnings(published: readonly Labelled<PublisherHealth>[]): string {
  const help = '1 for each condition of its publisher that does not hold, by reason.';
  const lines = published.flatMap(({ labels, of }) =>
    warningsOf(of).map(
      (reason) => `streamcluster_stream_warning{${labels},reason="${escaped(reason)}"} 1\n`,
    ),
  );
  return header('stream_warning', help) + lines.join('');
}

function header(name: string, help: string, type = 'gauge'): string {
  return `# HELP streamcluster_${name} ${help}\n# TYPE streamcluster_${name} ${type}\n`;
}

function labelsOf({ namespace, cluster, stream: { name } }: MeasuredStream): string {
  const slash = name.indexOf('/');
  const values = { namespace, cluster, app: name.slice(0, slash), stream: name.slice(slash + 1) };
  const labels = Object.entries(values).map(([label, value]) => `${label}="${escaped(value)}"`);
  return labels.join(',');
}

/** The grammar of names allows none of these; the directory may hold anything. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
