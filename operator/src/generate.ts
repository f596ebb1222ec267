/** Writes the files that follow from the schema; `make generate`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderCrd } from './api/crd.ts';
import { renderDocs } from './api/docs-table.ts';
import { renderDashboard } from './monitoring/dashboard.ts';
import { renderMonitoringDocs } from './monitoring/docs.ts';
import { overview } from './monitoring/overview.ts';
import { renderRules } from './monitoring/render-rules.ts';
import { ALERTS } from './monitoring/rules.ts';
import { streams } from './monitoring/streams.ts';
import { workers } from './monitoring/workers.ts';

const CHART_FILES = 'charts/streamcluster/files';
const ROOT = path.resolve(import.meta.dirname, '../..');

/** Path below the checkout -> content. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'manifests/crd/streamclusters.streamcluster.dev.yaml': renderCrd(),
    'docs/streamcluster.md': renderDocs(),
    'docs/monitoring.md': renderMonitoringDocs(),
    [`${CHART_FILES}/rules.yaml`]: renderRules(ALERTS),
    [`${CHART_FILES}/dashboards/overview.json`]: renderDashboard(overview),
    [`${CHART_FILES}/dashboards/workers.json`]: renderDashboard(workers),
    [`${CHART_FILES}/dashboards/streams.json`]: renderDashboard(streams),
  };
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(generatedFiles())) {
    const file = path.join(ROOT, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
