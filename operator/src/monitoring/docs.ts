import { ALERTS } from './rules.ts';
import { renderRunbook } from './render-rules.ts';

/** docs/monitoring.md. */
export function renderMonitoringDocs(): string {
  return `<!-- Written by \`make generate\`; do not edit. -->

# Monitoring

Series: of [workers](metrics/worker.md), of the [operator](metrics/operator.md). Workers have few, by protocol; those of each stream come from the operator, at
\`/metrics/streams\`: the 5,000 with most viewers. Who wants them turns on \`serviceMonitor.streams\`.

\`\`\`yaml
# values.yaml; takes Prometheus' operator, and Grafana's sidecar for dashboards
serviceMonitor: {enabled: true, streams: true, labels: {release: prometheus}}
podMonitor: {enabled: true, labels: {release: prometheus}}
prometheusRule: {enabled: true, labels: {release: prometheus}}
dashboards: {enabled: true}
\`\`\`

Without Prometheus' operator: scrape the operators' port 8088 (with \`honor_labels\`) and each worker's port 9090, give workers' series the label \`streamcluster_dev_cluster\`, load
\`charts/streamcluster/files/rules.yaml\`, and import the dashboards in \`charts/streamcluster/files/dashboards\`: one of all StreamClusters, one of workers, one of streams.

## Alerts

${renderRunbook(ALERTS)}`;
}
