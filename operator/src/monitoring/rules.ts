import { ofLeader } from './of-leader.ts';

/** An alert, what it means, and what to do: rule and runbook are made of the same. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly forMinutes: number;
  readonly severity: 'critical' | 'warning';
  /** May name labels, as Prometheus' templates do. */
  readonly summary: string;
  readonly means: string;
  readonly look: string;
  readonly act: string;
}

const OF_CLUSTER = '{{ $labels.namespace }}/{{ $labels.cluster }}';
const OF_POD = '{{ $labels.namespace }}/{{ $labels.pod }}';

export const ALERTS: readonly Alert[] = [
  {
    name: 'StreamclusterNoLeader',
    expr: 'absent(streamcluster_leading == 1)',
    ...{ forMinutes: 2, severity: 'critical', summary: 'No operator leads' },
    means:
      'Media goes on, but nobody places streams, replaces workers or drains them. Workers draw homes by themselves.',
    look: '`kubectl -n NAMESPACE get pods,lease`; the operator’s log.',
    act: 'Nothing about workers: restarting them would cut viewers. Get an operator to run.',
  },
  {
    name: 'StreamclusterWorkersMissing',
    expr: `${ofLeader('streamcluster_workers_desired')} - ${ofLeader('streamcluster_workers{state="ready"}')} > 0`,
    ...{ forMinutes: 5, severity: 'critical' },
    summary: `${OF_CLUSTER} has {{ $value }} workers fewer than wanted`,
    means: 'Pods do not become ready, or nodes have no room for them.',
    look: '`kubectl get streamcluster NAME -o yaml` (conditions), `kubectl get events`, `kubectl describe pod`.',
    act: 'Add nodes or lower `spec.worker.cpus`; for rejections by the kubelet see docs/kubernetes.md.',
  },
  {
    name: 'StreamclusterWorkerSilent',
    expr: `${ofLeader('streamcluster_workers{state="silent"}')} > 0`,
    ...{ forMinutes: 1, severity: 'warning', summary: `${OF_CLUSTER}: workers send no reports` },
    means:
      'A worker hangs, or the network between it and NATS is cut. Its streams are still tried.',
    look: '`kubectl streamcluster workers NAME`; the pod’s log; `/debug/loop` on its port 9090.',
    act: 'If its loop stands still, delete the pod. If many are silent at once, NATS is the place to look.',
  },
  {
    name: 'StreamclusterNatsAway',
    expr: 'streamcluster_nats_connected == 0',
    ...{ forMinutes: 1, severity: 'critical', summary: 'The operator cannot reach NATS' },
    means:
      'Viewers and publishers go on; new publishers are taken. Nothing is moved, and new streams of other workers are found only by asking.',
    look: 'NATS’ pods and their log; network policies.',
    act: 'Bring NATS back. Its data may be lost: workers write the directory anew by themselves.',
  },
  {
    name: 'StreamclusterWorkerWithoutDirectory',
    expr: 'streamcluster_directory_connected == 0',
    ...{ forMinutes: 1, severity: 'warning', summary: `${OF_POD} cannot reach NATS` },
    means: 'This worker goes by what it knew. Others do not see its load.',
    look: 'Its log (`NATS_UNREACHABLE`, `NATS_REFUSED`), network policies, credentials.',
    act: 'If only one worker is cut off, drain it.',
  },
  {
    name: 'StreamclusterWorkerBusy',
    expr: 'streamcluster_loop_utilization_ratio > 0.8',
    ...{ forMinutes: 5, severity: 'warning', summary: `${OF_POD} has been busy for minutes` },
    means: 'It gets no new streams, and soon refuses viewers.',
    look: 'The dashboard of workers; `kubectl streamcluster streams NAME`: is one stream hot?',
    act: 'More workers (`kubectl scale`, or lower `streamsPerWorker`); redirect mode where viewers can reach workers.',
  },
  {
    name: 'StreamclusterWorkerRefusing',
    expr: 'streamcluster_admitting == 0 and on (namespace, pod) streamcluster_draining == 0',
    ...{ forMinutes: 1, severity: 'critical', summary: `${OF_POD} refuses newcomers` },
    means: 'No CPU is left; those who watch are kept, newcomers get 503 or a refusal.',
    look: 'The same as for a busy worker; `/debug/loop`, part `admission`.',
    act: 'More workers, now.',
  },
  {
    name: 'StreamclusterUnbalanced',
    expr: `${ofLeader('streamcluster_worker_load_max_over_mean_ratio')} > 1.5 and ${ofLeader('streamcluster_cluster_viewers')} > 100`,
    ...{ forMinutes: 10, severity: 'warning' },
    summary: `${OF_CLUSTER}: one worker carries {{ $value }} times the mean`,
    means: 'What the rebalancer may do is not enough: viewers who stay are not moved.',
    look: '`kubectl streamcluster rebalance NAME`: what is planned, and why nothing is.',
    act: 'Is `spec.rebalance.mode` Disabled or DryRun? Otherwise it passes as viewers come and go.',
  },
  {
    name: 'StreamclusterRebalanceFrozen',
    expr: `${ofLeader('streamcluster_rebalance_frozen')} == 1`,
    ...{ forMinutes: 5, severity: 'warning', summary: `${OF_CLUSTER}: nothing is moved` },
    means: 'More than 30 % of the workers are silent at once: then it is the bus, not the workers.',
    look: 'NATS, and the network to it.',
    act: 'The same as for NATS.',
  },
  {
    name: 'StreamclusterWorkersCrash',
    expr: 'increase(streamcluster_worker_changes_total{change=~"restarts|hangs"}[15m]) > 2',
    ...{ forMinutes: 0, severity: 'critical', summary: 'Workers end by themselves or hang' },
    means: 'Each time its viewers connect anew, and its publishers elsewhere.',
    look: '`kubectl logs --previous`; memory limits; events of the pods.',
    act: 'Out of memory: raise `spec.worker.memory`. Otherwise take the log and file an issue.',
  },
  {
    name: 'StreamclusterViewersStartLate',
    expr: 'histogram_quantile(0.95, sum by (namespace, le) (rate(streamcluster_viewer_start_seconds_bucket[10m]))) > 2',
    ...{ forMinutes: 10, severity: 'warning' },
    summary: '{{ $labels.namespace }}: viewers wait {{ $value }} s for their first bytes',
    means: 'Relays open slowly, or viewers wait for publishers (`waitForPublisherSeconds`).',
    look: 'Late ticks and turns of the loop, in the dashboard of workers.',
    act: 'If loops are busy, more workers; else look at the network between them.',
  },
  {
    name: 'StreamclusterTicksLate',
    expr: 'histogram_quantile(0.99, sum by (namespace, pod, le) (rate(streamcluster_tick_late_seconds_bucket[5m]))) > 0.1',
    ...{ forMinutes: 5, severity: 'warning', summary: `${OF_POD} sends late` },
    means: 'Its CPU is shared with somebody, or its loop does too much at a time.',
    look: '`/debug/loop`: parts of the loop, `cpu`; condition `NumaAligned`.',
    act: '`spec.worker.pinning: Exclusive` on nodes with the static CPU manager; see docs/kubernetes.md.',
  },
  {
    name: 'StreamclusterMemoryTight',
    expr: 'increase(streamcluster_dropped_frames_total[10m]) > 0 or increase(streamcluster_arena_reliefs_total[10m]) > 10',
    ...{ forMinutes: 5, severity: 'warning', summary: `${OF_POD} has too little memory` },
    means: 'Old GOPs are given up early; then frames are.',
    look: 'Memory of streams in the dashboard; publishers with extreme bitrates.',
    act: 'Raise `spec.worker.memory`, or fewer streams for each worker.',
  },
  {
    name: 'StreamclusterSlowViewersClosed',
    expr: 'sum by (namespace, pod) (rate(streamcluster_slow_viewers_closed_total[5m])) > 1',
    ...{
      forMinutes: 10,
      severity: 'warning',
      summary: `${OF_POD} closes viewers who take nothing`,
    },
    means: 'Viewers’ networks are slow, or something between is.',
    look: 'Is it one worker (its node’s network) or all (the way out)?',
    act: 'Lower bitrates, or HLS for those viewers.',
  },
  {
    name: 'StreamclusterPublishersSendBadly',
    expr: `${ofWorkers('publishers_with_warnings')} > 0.2 * ${ofWorkers('publishers')} and ${ofWorkers('publishers_with_warnings')} >= 5`,
    ...{ forMinutes: 10, severity: 'warning' },
    summary:
      '{{ $labels.namespace }}/{{ $labels.streamcluster_dev_cluster }}: {{ $value }} publishers send badly',
    means:
      'One is a matter of whoever publishes; more than a fifth of all have something in common. Their viewers start late, stall or lose sync.',
    look: 'Column WARNINGS of `kubectl streamcluster streams NAME`, or the dashboard of streams: the same reason? The same worker (its node’s network)?',
    act: '`ArrivesSlowly`, `Silent`: the way to the workers. All else: the encoders’ settings; docs/debugging.md has the reasons.',
  },
  {
    name: 'StreamclusterCertificateEnds',
    expr: '(streamcluster_certificate_expiry_timestamp_seconds > 0) - time() < 86400',
    ...{
      forMinutes: 10,
      severity: 'critical',
      summary: `${OF_POD}: its certificate ends within a day`,
    },
    means: 'The operator renews them long before; it cannot, or the pod does not get the new one.',
    look: 'The operator’s log (`streamcluster_credentials_events_total`); the Secret of the worker.',
    act: 'Restart the operator; then replace workers one by one.',
  },
  {
    name: 'StreamclusterUserCertificateEnds',
    expr: '(streamcluster_user_certificate_expiry_timestamp_seconds > 0) - time() < 604800',
    ...{
      forMinutes: 60,
      severity: 'warning',
      summary: `${OF_POD}: a certificate for users ends within a week`,
    },
    means: 'Whoever renews the Secret has not done so.',
    look: 'The Secrets in `spec.tls.secretNames`; cert-manager, if that is what renews them.',
    act: 'Renew the Secret; workers read it within a minute and cut nobody.',
  },
];

/** Of all workers of a StreamCluster; the PodMonitor gives them its label. */
function ofWorkers(name: string): string {
  return `sum by (namespace, streamcluster_dev_cluster) (streamcluster_${name})`;
}
