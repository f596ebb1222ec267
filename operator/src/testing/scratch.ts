import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A new empty folder, gone at the end of the scope. */
export function scratchFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-operator-'));
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
