import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { totalViewers } from '../fleet/totals.ts';
import { isSteeredOff } from '../reconcile/leaving.ts';
import { CHANGE_KINDS, type ChangeKind } from '../reconcile/rebalance/change.ts';
import type { WorkerInstance } from '../reconcile/runtime.ts';
import type { WorkerChange } from '../reconcile/step.ts';
import type { Pauses } from './pauses.ts';
import type { ClusterView } from './view.ts';
import { workerState, type WorkerState } from './worker-items.ts';

const STATES: readonly WorkerState[] = [
  'starting',
  'ready',
  'draining',
  'silent',
  'exited',
  'lost',
];
const CHANGES = ['restarts', 'hangs', 'rejections', 'created', 'drained'] as const;
const CLUSTER_LABELS = ['namespace', 'cluster'] as const;

/** Answers that are to be expected; others appear with their first one. */
const PLACEMENTS = [
  ['Random', 'Drawn'],
  ['TwoChoices', 'LessLoadedOfTwo'],
  ['Local', 'IngestHasHeadroom'],
  ['Local', 'IngestIsFull'],
] as const;

/** Figures that the fleet counts itself. */
export interface FleetCounts {
  readonly reportsReceived: number;
  readonly reportsRefused: number;
  readonly isBusConnected: boolean;
}

/** One that was answered, or not. */
interface KubeRequest {
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
  readonly durationMs: number;
}

/** The operator's series. All of them are there, with zeros, from the start. */
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly streams = this.gauge(
    'cluster_streams',
    'Streams that are published.',
    CLUSTER_LABELS,
  );
  private readonly viewers = this.gauge(
    'cluster_viewers',
    'Viewers of all streams.',
    CLUSTER_LABELS,
  );
  private readonly desired = this.gauge('workers_desired', 'Workers wanted.', CLUSTER_LABELS);
  private readonly workers = this.gauge('workers', 'Workers by state.', [
    ...CLUSTER_LABELS,
    'state',
  ]);
  private readonly maxLoad = this.gauge(
    'worker_load_max_over_mean_ratio',
    'Highest load of a worker over the mean load.',
    CLUSTER_LABELS,
  );
  private readonly changing = this.gauge(
    'stream_changes_running',
    'Streams that are being moved, split or merged.',
    CLUSTER_LABELS,
  );
  private readonly frozen = this.gauge(
    'rebalance_frozen',
    'Whether nothing is moved because many workers are silent at once.',
    CLUSTER_LABELS,
  );
  private readonly steeredOff = this.gauge(
    'workers_steered_off',
    'Workers that newcomers are kept from, for balance.',
    CLUSTER_LABELS,
  );
  private readonly clusterGauges = [
    this.streams,
    this.viewers,
    this.desired,
    this.workers,
    this.maxLoad,
    this.changing,
    this.frozen,
    this.steeredOff,
  ];
  private readonly connected = this.gauge('nats_connected', 'Whether NATS answers.', []);
  private readonly reports = this.counter('load_reports_total', 'Load reports by result.', [
    'result',
  ]);
  private readonly placed = this.counter('placements_total', 'Answers of Place.', [
    'policy',
    'reason',
  ]);
  private readonly changes = this.counter(
    'worker_changes_total',
    'Workers created, drained, ended by themselves, killed because they hung, refused by a node.',
    ['change'],
  );
  private readonly streamChanges = this.counter(
    'stream_changes_total',
    'Streams moved, split or merged, by outcome.',
    ['kind', 'outcome'],
  );
  private readonly passes = this.counter('reconciles_total', 'Reconcile passes.', ['result']);
  private readonly passSeconds = new Histogram({
    name: 'streamcluster_reconcile_duration_seconds',
    help: 'Time of a reconcile pass.',
    buckets: [0.001, 0.01, 0.1, 1, 10],
    registers: this.registers,
  });

  private readonly leading = this.gauge('leading', 'Whether this operator leads.', []);
  private readonly kubeRequests = this.counter(
    'kube_requests_total',
    'Requests to the API server by verb, resource and answer; code 0: none came.',
    ['verb', 'resource', 'code'],
  );
  private readonly kubeSeconds = new Histogram({
    name: 'streamcluster_kube_request_duration_seconds',
    help: 'Time of a request to the API server; of a watch, until it began.',
    buckets: [0.01, 0.1, 1, 10],
    registers: this.registers,
  });
  private readonly credentials = this.counter(
    'credentials_events_total',
    'What happened to the CA and to the accounts of NATS.',
    ['what', 'event'],
  );

  constructor() {
    this.leading.set(0);
    for (const [policy, reason] of PLACEMENTS) this.placed.inc({ policy, reason }, 0);
    for (const change of CHANGES) this.changes.inc({ change }, 0);
    for (const kind of CHANGE_KINDS) this.streamChanges.inc({ kind, outcome: 'Done' }, 0);
    for (const result of ['ok', 'error']) this.passes.inc({ result }, 0);
  }

  onPlaced(policy: string, reason: string): void {
    this.placed.inc({ policy, reason });
  }

  onWorkerChange(change: WorkerChange): void {
    this.changes.inc({ change });
  }

  onStreamChange(kind: ChangeKind, outcome: string): void {
    this.streamChanges.inc({ kind, outcome });
  }

  setLeading(isLeading: boolean): void {
    this.leading.set(isLeading ? 1 : 0);
  }

  onKubeRequest({ verb, resource, code, durationMs }: KubeRequest): void {
    this.kubeRequests.inc({ verb, resource, code: String(code) });
    this.kubeSeconds.observe(durationMs / 1000);
  }

  onCredentials(what: 'ca' | 'nats', event: string): void {
    this.credentials.inc({ what, event });
  }

  onPass(durationMs: number, isOk: boolean): void {
    this.passes.inc({ result: isOk ? 'ok' : 'error' });
    this.passSeconds.observe(durationMs / 1000);
  }

  /** The text that Prometheus reads. */
  async render(
    clusters: readonly ClusterView[],
    counts: FleetCounts,
    pauses: Pick<Pauses, 'areDue' | 'take'>,
  ): Promise<string> {
    this.connected.set(counts.isBusConnected ? 1 : 0);
    this.reports.reset();
    this.reports.inc({ result: 'received' }, counts.reportsReceived);
    this.reports.inc({ result: 'refused' }, counts.reportsRefused);
    const seen = await Promise.all(
      clusters.map(async (view) => ({ view, instances: await view.instances() })),
    );
    // A StreamCluster that is gone has no series any more. Nothing is waited for between: two
    // who scrape at once would find half of them.
    for (const gauge of this.clusterGauges) gauge.reset();
    for (const { view, instances } of seen) this.set(view, instances);
    const parts: string[] = [];
    for (const { name } of this.registry.getMetricsAsArray()) {
      parts.push(await this.registry.getSingleMetricAsString(name));
      if (pauses.areDue) await pauses.take();
    }
    return `${parts.join('\n\n')}\n`;
  }

  private set(view: ClusterView, instances: readonly WorkerInstance[]): void {
    const { name: cluster, namespace } = view.resource.metadata;
    const labels = { namespace, cluster };
    const sightings = view.sightings();
    this.streams.set(labels, view.streamCount() ?? 0);
    this.viewers.set(labels, totalViewers(sightings));
    this.desired.set(labels, view.status?.desiredReplicas ?? 0);
    this.maxLoad.set(labels, Number(view.status?.maxLoad ?? 1));
    const { running, plan } = view.rebalancing;
    this.changing.set(labels, running.length);
    this.frozen.set(labels, plan?.reason === 'TooManySilent' ? 1 : 0);
    const byId = new Map(sightings.map((sighting) => [sighting.id, sighting]));
    this.steeredOff.set(labels, instances.filter(isSteeredOff).length);
    const states = instances.map((one) => workerState(one, byId.get(one.name)));
    for (const state of STATES) {
      this.workers.set({ ...labels, state }, states.filter((one) => one === state).length);
    }
  }

  private gauge(name: string, help: string, labelNames: readonly string[]): Gauge {
    const { registers } = this;
    return new Gauge({ name: `streamcluster_${name}`, help, labelNames, registers });
  }

  private counter(name: string, help: string, labelNames: readonly string[]): Counter {
    const { registers } = this;
    return new Counter({ name: `streamcluster_${name}`, help, labelNames, registers });
  }
}
