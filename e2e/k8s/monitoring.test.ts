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
import { overview } from '../../operator/src/monitoring/overview.ts';
import { ALERTS } from '../../operator/src/monitoring/rules.ts';

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

/** Of a figure of the overview, for all StreamClusters. */
function exprOf(title: string): string {
  const panels = overview.rows.flatMap((row) => row.panels);
  const panel = panels.find((one) => one.isFigure === true && one.title === title);
  return (panel?.lines[title] ?? '').replaceAll(/\$(\w+)/g, '.*');
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

  it('says that the operator of one machine leads', () => {
    expect(operator).toContain('\nstreamcluster_leading 1\n');
  });

  it('is documented, every series of it', () => {
    expect(namesOf(worker).sort()).toEqual(documented('worker.md').sort());
    expect([...namesOf(operator), ...namesOf(ofStreams)].sort()).toEqual(
      documented('operator.md').sort(),
    );
  });
});

const WANTED = { namespace: 'a', cluster: 'x' };

/** Two operators as the chart brings them, of which one leads, and a worker too few. */
const TWO_OPERATORS = {
  interval: '1m',
  input_series: ['10.0.0.1:8088', '10.0.0.2:8088'].flatMap((instance, at) =>
    Object.entries({
      [`streamcluster_leading{instance="${instance}"}`]: 1 - at,
      [`streamcluster_workers_desired{namespace="a",cluster="x",instance="${instance}"}`]: 3,
      // Who stands by may have heard of fewer.
      [`streamcluster_workers{namespace="a",cluster="x",instance="${instance}",state="ready"}`]:
        2 - at,
      [`streamcluster_cluster_viewers{namespace="a",cluster="x",instance="${instance}"}`]: 500,
      [`streamcluster_worker_load_max_over_mean_ratio{namespace="a",cluster="x",instance="${instance}"}`]: 2,
    }).map(([series, value]) => ({ series, values: `${value}x30` })),
  ),
};

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

  it('count what two operators show once', async () => {
    const folder = scratchFolder('two-operators');
    fs.copyFileSync(path.join(CHART, 'files/rules.yaml'), path.join(folder, 'rules.yaml'));
    const found = ALERTS.filter(({ name }) => /WorkersMissing|Unbalanced/.test(name));
    const tests = {
      rule_files: ['rules.yaml'],
      tests: [
        {
          ...TWO_OPERATORS,
          alert_rule_test: found.map(({ name, severity, summary, means }) => ({
            ...{ eval_time: '20m', alertname: name },
            exp_alerts: [
              {
                exp_labels: { severity, ...WANTED },
                exp_annotations: {
                  summary: summary
                    .replace(
                      /\{\{ \$labels\.(\w+) \}\}/g,
                      (_all, label: keyof typeof WANTED) => WANTED[label],
                    )
                    .replace('{{ $value }}', name.endsWith('Missing') ? '1' : '2'),
                  description: means,
                  runbook_url: `RUNBOOK_URL#${name.toLowerCase()}`,
                },
              },
            ],
          })),
          promql_expr_test: [
            ['Viewers', 500],
            ['Workers ready', 2],
            ['Workers wanted', 3],
          ].map(([title, value]) => ({
            expr: exprOf(String(title)),
            ...{ eval_time: '20m', exp_samples: [{ labels: '{}', value }] },
          })),
        },
      ],
    };
    fs.writeFileSync(path.join(folder, 'tests.yaml'), YAML.stringify(tests));
    const said = await promtool(['test', 'rules', path.join(folder, 'tests.yaml')]);
    expect(said.text).toContain('SUCCESS');
    expect(said.code).toBe(0);
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
