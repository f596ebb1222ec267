import type { PublisherHealth } from '@streamcluster/proto';
import { warningsOf } from '../fleet/publisher-conditions.ts';
import type { StreamView } from '../fleet/stream-view.ts';
import type { Pauses } from './pauses.ts';

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

interface Labelled<Of> {
  readonly labels: string;
  readonly of: Of;
}

type PausesOfPage = Pick<Pauses, 'areDue' | 'take'>;

/**
 * Series per stream, written out by hand: a registry with thousands of labels
 * blocks the loop for 100 ms a scrape. In pieces, for 2,000 streams by hand still
 * take 10 ms. Those with most viewers come first.
 */
export async function renderStreamMetrics(
  streams: Iterable<MeasuredStream>,
  pauses: PausesOfPage,
): Promise<string> {
  const found = await inPieces(streams, pauses, (one) => one);
  await pauses.take();
  const shown = found
    .sort((a, b) => b.stream.viewers - a.stream.viewers)
    .slice(0, MAX_STREAM_SERIES);
  const all = await inPieces(shown, pauses, (one) => ({ labels: labelsOf(one), of: one.stream }));
  const published = all.flatMap(({ labels, of: { health } }) =>
    health === null ? [] : [{ labels, of: health }],
  );
  const blocks: string[] = [];
  for (const series of OF_STREAM) blocks.push(await block(series, all, pauses));
  for (const series of OF_PUBLISHER) blocks.push(await block(series, published, pauses));
  blocks.push(await warnings(published, pauses));
  const truncated = header('streams_not_shown', 'Streams beyond the bound of this page.');
  const left = found.length - shown.length;
  return `${blocks.join('')}${truncated}streamcluster_streams_not_shown ${left}\n`;
}

async function inPieces<From, To>(
  all: Iterable<From>,
  pauses: PausesOfPage,
  become: (one: From) => To,
): Promise<To[]> {
  const made: To[] = [];
  for (const one of all) {
    made.push(become(one));
    if (pauses.areDue) await pauses.take();
  }
  return made;
}

async function block<Of>(
  { name, help, type, value }: Series<Of>,
  labelled: readonly Labelled<Of>[],
  pauses: PausesOfPage,
): Promise<string> {
  const lines = await inPieces(
    labelled,
    pauses,
    ({ labels, of }) => `streamcluster_stream_${name}{${labels}} ${value(of)}\n`,
  );
  return header(`stream_${name}`, help, type) + lines.join('');
}

/** What is wrong only: all that is well would be as many lines as everything else. */
async function warnings(
  published: readonly Labelled<PublisherHealth>[],
  pauses: PausesOfPage,
): Promise<string> {
  const help = '1 for each condition of its publisher that does not hold, by reason.';
  const lines = await inPieces(published, pauses, ({ labels, of }) =>
    warningsOf(of)
      .map((reason) => `streamcluster_stream_warning{${labels},reason="${escaped(reason)}"} 1\n`)
      .join(''),
  );
  return header('stream_warning', help) + lines.join('');
}

function header(name: string, help: string, type = 'gauge'): string {
  return `# HELP streamcluster_${name} ${help}\n# TYPE streamcluster_${name} ${type}\n`;
}

function labelsOf({ namespace, cluster, stream: { name } }: MeasuredStream): string {
  const slash = name.indexOf('/');
  const [app, stream] = [escaped(name.slice(0, slash)), escaped(name.slice(slash + 1))];
  const ofCluster = `namespace="${escaped(namespace)}",cluster="${escaped(cluster)}"`;
  return `${ofCluster},app="${app}",stream="${stream}"`;
}

const TO_ESCAPE = /[\\"\n]/;

/** The grammar of names allows none of these; the directory may hold anything. */
function escaped(value: string): string {
  if (!TO_ESCAPE.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
