import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDashboard, type Dashboard } from './dashboard.ts';
import { overview } from './overview.ts';
import { ALERTS } from './rules.ts';
import { streams } from './streams.ts';
import { workers } from './workers.ts';

const DOCS = path.resolve(import.meta.dirname, '../../../docs');
const DASHBOARDS: readonly Dashboard[] = [overview, workers, streams];

/** Those that are documented; a test of whole clusters compares these with what is scraped. */
function seriesOf(page: string): Set<string> {
  const text = readFileSync(path.join(DOCS, 'metrics', page), 'utf8');
  return new Set([...text.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name));
}

function namesIn(expr: string): string[] {
  const names = expr.match(/streamcluster_[a-z0-9_]+/g) ?? [];
  const own = names.filter((name) => name !== 'streamcluster_dev_cluster');
  return own.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

function exprsOf({ rows }: Dashboard): string[] {
  return rows.flatMap(({ panels }) => panels.flatMap(({ lines }) => Object.values(lines)));
}

describe('monitoring', () => {
  const known = new Set([...seriesOf('worker.md'), ...seriesOf('operator.md')]);

  it('gives no name to two different series', () => {
    const ofWorkers = seriesOf('worker.md');
    expect(ofWorkers.size).toBeGreaterThan(30);
    expect([...seriesOf('operator.md')].filter((name) => ofWorkers.has(name))).toEqual([]);
  });

  it.each(DASHBOARDS.map((one) => [one.uid, one] as const))(
    'shows only series that exist (%s)',
    (_uid, dashboard) => {
      const names = exprsOf(dashboard).flatMap(namesIn);
      expect(names.length).toBeGreaterThan(3);
      const picked = dashboard.pick.map(({ series }) => series);
      expect([...names, ...picked].filter((name) => !known.has(name))).toEqual([]);
    },
  );

  it.each(ALERTS.map((alert) => [alert.name, alert] as const))(
    'warns of series that exist, and says what to do (%s)',
    (name, { expr, means, look, act }) => {
      expect(namesIn(expr).filter((one) => !known.has(one))).toEqual([]);
      expect(namesIn(expr).length).toBeGreaterThan(0);
      const runbook = readFileSync(path.join(DOCS, 'monitoring.md'), 'utf8');
      for (const part of [`### ${name}\n`, means, look, act]) expect(runbook).toContain(part);
    },
  );

  it.each(DASHBOARDS.map((one) => [one.uid, one] as const))(
    'lays panels out side by side (%s)',
    (_uid, dashboard) => {
      const { panels } = JSON.parse(renderDashboard(dashboard)) as {
        panels: { id?: number; gridPos: { x: number; y: number; w: number; h: number } }[];
      };
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBeLessThanOrEqual(
        24,
      );
    },
  );
});
