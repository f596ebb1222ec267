/** Writes docs/metrics: the series of workers and of the operator; `make generate`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Metrics } from '../operator/src/http/metrics.ts';
import { Pauses } from '../operator/src/http/pauses.ts';
import { renderStreamMetrics } from '../operator/src/http/stream-metrics.ts';
import { renderHistograms } from '../worker/src/admin/histograms.ts';
import { WorkerMetrics, type MetricsSource } from '../worker/src/admin/metrics.ts';
import { PublisherTotals } from '../worker/src/stream/publisher-totals.ts';
import { ViewerTimes } from '../worker/src/stream/viewer-times.ts';
import { rowsOfRegistry, rowsOfText, seriesTable } from './series-table.ts';

const FOLDER = path.resolve(import.meta.dirname, '../docs/metrics');
const HEAD = '<!-- Written by `make generate`; do not edit. -->\n\n';
const CPU = {
  ...{ cpus: [], allowedCpus: [], memoryNodes: [], numaNode: -1, alignment: 'unknown' as const },
  ...{ isExclusive: false, loopCpu: undefined },
};
const zero = (): number => 0;
const no = (): boolean => false;

/** Nothing happens there. */
const IDLE: MetricsSource = {
  times: new ViewerTimes(),
  publisherTotals: new PublisherTotals(),
  lags: { tick: new Float64Array(1), turn: new Float64Array(1) },
  ...{ streams: zero, publishers: zero, relays: zero, connections: zero, arenaBytes: zero },
  ...{ loopUtilization: zero, tickLagMs: zero, bytesReceived: zero, bytesSent: zero },
  ...{ viewerSkips: zero, slowViewersClosed: zero, droppedFrames: zero, redirects: zero },
  publishersWithWarnings: zero,
  ...{ shed: zero, directoryEntries: zero, arenaReliefs: zero },
  ...{ certificateExpiresUnixMs: zero, userCertificateExpiresUnixMs: zero },
  ...{ isBusConnected: no, isDraining: no, isAdmitting: no },
  viewersByProtocol: () => ({}),
  cpu: () => CPU,
  tls: () => ({
    ...{ tlsConnections: 0, tlsHandshakesTotal: 0, tlsResumedTotal: 0, tlsFailuresTotal: 0 },
  }),
};

const worker = [
  ...rowsOfRegistry(new WorkerMetrics(IDLE).registry.getMetricsAsArray()),
  ...rowsOfText(renderHistograms(IDLE)),
];
const STREAM_LABELS = ['namespace', 'cluster', 'app', 'stream'];
/** Those that have other labels. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  streamcluster_streams_not_shown: [],
  streamcluster_stream_warning: [...STREAM_LABELS, 'reason'],
};
const ofStreams = rowsOfText(await renderStreamMetrics([], new Pauses()), STREAM_LABELS).map(
  (row) => ({
    ...row,
    labels: LABELS[row.name] ?? row.labels,
  }),
);
const operator = [...rowsOfRegistry(new Metrics().registry.getMetricsAsArray()), ...ofStreams];

const pages = {
  'worker.md': `# Series of a worker\n\nAt its own port (9090), \`/metrics\`.\n\n${seriesTable(worker)}`,
  'operator.md': `# Series of the operator\n\nAt 8088, \`/metrics\`; those with the labels \`app\` and \`stream\` at \`/metrics/streams\`.\n\n${seriesTable(operator)}`,
};
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(pages))
  writeFileSync(path.join(FOLDER, name), HEAD + text);
