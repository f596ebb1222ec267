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

/** A stream's label set and its values in the order of SERIES. */
interface Row {
  readonly labels: string;
  readonly viewers: number;
  readonly values: readonly number[];
}

/**
 * Series per stream, written out by hand: a registry with thousands of labels
 * blocks the loop for 100 ms a scrape. In pieces, for 2,000 streams by hand still
 * take 10 ms. Those with most viewers come first.
 */
export async function renderStreamMetrics(
  streams: Iterable<MeasuredStream>,
  pauses: Pick<Pauses, 'areDue' | 'take'>,
): Promise<string> {
  const rows: Row[] = [];
  for (const one of streams) {
    rows.push(rowOf(one));
    if (pauses.areDue) await pauses.take();
  }
  await pauses.take();
  const shown = rows.sort((a, b) => b.viewers - a.viewers).slice(0, MAX_STREAM_SERIES);
  let text = '';
  for (const [at, { name, help }] of SERIES.entries()) {
    text += header(`stream_${name}`, help);
    for (const { labels, values } of shown) {
      text += `streamcluster_stream_${name}${labels} ${values[at] ?? 0}\n`;
      if (pauses.areDue) await pauses.take();
    }
  }
  const left = rows.length - shown.length;
  const truncated = header('streams_not_shown', 'Streams beyond the bound of this page.');
  return `${text}${truncated}streamcluster_streams_not_shown ${left}\n`;
}

function rowOf(one: MeasuredStream): Row {
  const { stream } = one;
  const values = SERIES.map(({ value }) => value(stream));
  return { labels: labelsOf(one), viewers: stream.viewers, values };
}

function header(name: string, help: string): string {
  return `# HELP streamcluster_${name} ${help}\n# TYPE streamcluster_${name} gauge\n`;
}

function labelsOf({ namespace, cluster, stream: { name } }: MeasuredStream): string {
  const slash = name.indexOf('/');
  const [app, stream] = [escaped(name.slice(0, slash)), escaped(name.slice(slash + 1))];
  const ofCluster = `namespace="${escaped(namespace)}",cluster="${escaped(cluster)}"`;
  return `{${ofCluster},app="${app}",stream="${stream}"}`;
}

const TO_ESCAPE = /[\\"\n]/;

/** The grammar of names allows none of these; the directory may hold anything. */
function escaped(value: string): string {
  if (!TO_ESCAPE.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
