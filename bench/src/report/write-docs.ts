import fs from 'node:fs';
import path from 'node:path';
import type { Results } from '../results.ts';
import { ROOT } from '../server/root.ts';
import { plotsOf } from './curves.ts';
import { linePlot } from './line-plot.ts';
import { performancePage } from './page.ts';

/** Writes the page and its plots; returns their paths in the checkout. */
export function writeDocs(results: Results): string[] {
  const plots = plotsOf(results);
  const folder = path.join('docs', 'performance');
  fs.mkdirSync(path.join(ROOT, folder), { recursive: true });
  const files = new Map([
    [path.join('docs', 'performance.md'), performancePage(results, [...plots.keys()])],
  ]);
  for (const [name, plot] of plots) files.set(path.join(folder, name), linePlot(plot));
  for (const [file, content] of files) fs.writeFileSync(path.join(ROOT, file), content);
  return [...files.keys()];
}
