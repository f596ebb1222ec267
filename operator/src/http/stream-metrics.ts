import type { StreamView } from '../fleet/stream-view.ts';

/** A stream, and the StreamCluster that has it: names are their own in each. */
export interface MeasuredStream {
  readonly namespace: string;
  readonly cluster: string;
  readonly stream: StreamView;
}

/** Beyond this a scrape would hold the loop and fill the scraper. */
export const MAX_STREAM_SERIES = 5_000;

interface Series {
  readonly name: string;
  readonly help: string;
  readonly value: (stream: StreamView) => number;
}

const SERIES: readonly Series[] = [
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

/**
 * Series per stream, written out by hand: a registry with thousands of labels
 * blocks the loop for 100 ms a scrape. Those with most viewers come first.
 */
export function renderStreamMetrics(streams: readonly MeasuredStream[]): string {
  const shown = [...streams]
    .sort((a, b) => b.stream.viewers - a.stream.viewers)
    .slice(0, MAX_STREAM_SERIES);
  const labelled = shown.map((one) => ({ labels: labelsOf(one), stream: one.stream }));
  const blocks = SERIES.map(({ name, help, value }) => {
    const head = header(`stream_${name}`, help);
    const lines = labelled.map(
      ({ labels, stream }) => `streamcluster_stream_${name}${labels} ${value(stream)}\n`,
    );
    return head + lines.join('');
  });
  const left = streams.length - shown.length;
  const truncated = header('streams_not_shown', 'Streams beyond the bound of this page.');
  return `${blocks.join('')}${truncated}streamcluster_streams_not_shown ${left}\n`;
}

function header(name: string, help: string): string {
  return `# HELP streamcluster_${name} ${help}\n# TYPE streamcluster_${name} gauge\n`;
}

function labelsOf({ namespace, cluster, stream: { name } }: MeasuredStream): string {
  const slash = name.indexOf('/');
  const values = { namespace, cluster, app: name.slice(0, slash), stream: name.slice(slash + 1) };
  const labels = Object.entries(values).map(([label, value]) => `${label}="${escaped(value)}"`);
  return `{${labels.join(',')}}`;
}

/** The grammar of names allows none of these; the directory may hold anything. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
