import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { scrape } from '../src/clients/metrics.ts';
import { TestCluster } from '../src/harness/cluster.ts';
import { ROOT, scratchFolder } from '../src/harness/paths.ts';
import { binary } from '../cluster/binaries.ts';
import { CHART, render } from './chart-helm.ts';

const MONITORS = ['--api-versions', 'monitoring.coreos.com/v1'];
const RUNBOOK = 'https://runbooks.example/monitoring.md';

interface Said {
  readonly code: number;
  readonly text: string;
}

/** Runs promtool on a text; how it ended and what it said. */
function promtool(args: readonly string[], input = ''): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(binary('promtool'), args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}

function namesOf(exposition: string): string[] {
  return [...exposition.matchAll(/^# TYPE (streamcluster_\w+) /gm)].map(([, name = '']) => name);
}

function documented(page: string): string[] {
  const text = fs.readFileSync(path.join(ROOT, 'docs/metrics', page), 'utf8');
  return [...text.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
}

describe('what Prometheus reads', { timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let worker: string;
  let operator: string;
  let ofStreams: string;

  beforeAll(async () => {
    cluster = await TestCluster.start('monitoring', { replicas: 1 });
    worker = await scrape(cluster.adminPorts()[0] ?? 0);
    operator = await cluster.api.text('/metrics');
    ofStreams = await cluster.api.text('/metrics/streams');
  }, 120_000);

  afterAll(() => cluster.stop());

  it('is what promtool takes', async () => {
    for (const text of [worker, operator, ofStreams]) {
      expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, text: '' });
    }
  });

  it('is documented, every series of it', () => {
    expect(namesOf(worker).sort()).toEqual(documented('worker.md').sort());
    expect([...namesOf(operator), ...namesOf(ofStreams)].sort()).toEqual(
      documented('operator.md').sort(),
    );
  });
});

describe('alerts and dashboards of the chart', { timeout: 60_000 }, () => {
  const values = {
    prometheusRule: { enabled: true, runbookUrl: RUNBOOK, labels: { release: 'prometheus' } },
    dashboards: { enabled: true },
  };

  it('are rules that promtool takes, with a runbook each', async () => {
    const all = await render(values, ...MONITORS);
    const rule = all.find(({ kind }) => kind === 'PrometheusRule');
    const { spec } = rule as unknown as {
      spec: { groups: { rules: { alert: string; annotations: Record<string, string> }[] }[] };
    };
    const file = path.join(scratchFolder('rules'), 'rules.yaml');
    fs.writeFileSync(file, YAML.stringify(spec));
    const said = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', file]);
    expect(said.text).toMatch(/SUCCESS: \d\d rules found/);
    expect(said.code).toBe(0);
    const rules = spec.groups.flatMap((group) => group.rules);
    for (const { alert, annotations } of rules) {
      expect(annotations['runbook_url']).toBe(`${RUNBOOK}#${alert.toLowerCase()}`);
    }
  });

  it('ask in a language that Prometheus understands', async () => {
    const folder = path.join(CHART, 'files/dashboards');
    const exprs = fs.readdirSync(folder).flatMap((name) => {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      const { panels } = JSON.parse(text) as { panels: { targets?: { expr: string }[] }[] };
      return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    });
    const rules = exprs.map((expr, at) => ({
      record: `panel:${at}`,
      expr: expr.replaceAll(/\$(\w+)/g, '.*'),
    }));
    const file = path.join(scratchFolder('panels'), 'rules.yaml');
    fs.writeFileSync(file, YAML.stringify({ groups: [{ name: 'panels', rules }] }));
    const said = await promtool(['check', 'rules', '--lint=none', file]);
    expect(said.text).toContain(`SUCCESS: ${exprs.length} rules found`);
    expect(exprs.length).toBeGreaterThan(40);
  });

  it('come as ConfigMaps that a sidecar of Grafana finds', async () => {
    const all = await render(values, ...MONITORS);
    const maps = all.filter(({ metadata }) => metadata.name.includes('-dashboard-'));
    expect(maps).toHaveLength(3);
    for (const map of maps) {
      const { data, metadata } = map as unknown as {
        data: Record<string, string>;
        metadata: { labels: Record<string, string> };
      };
      expect(metadata.labels['grafana_dashboard']).toBe('1');
      for (const json of Object.values(data)) expect(JSON.parse(json)).toHaveProperty('panels');
    }
  });
});
