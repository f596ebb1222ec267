/** Writes the files that follow from the schema; `make generate`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderCrd } from './api/crd.ts';
import { renderDocs } from './api/docs-table.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Path below the checkout -> content. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'manifests/crd/streamclusters.streamcluster.dev.yaml': renderCrd(),
    'docs/streamcluster.md': renderDocs(),
  };
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(generatedFiles())) {
    const file = path.join(ROOT, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
