import fs from 'node:fs';
import path from 'node:path';
import { ROOT, scratchFolder } from '../harness/paths.ts';

/** What commands of documents write to. */
const WRITTEN = new Set(['.cache', '.git', '.run', 'manifests']);

/**
 * A folder that looks like the checkout to whoever follows the documents; what they
 * write stays in it.
 */
export function lookalike(name: string): string {
  const folder = scratchFolder(name);
  for (const entry of fs.readdirSync(ROOT)) {
    if (!WRITTEN.has(entry)) fs.symlinkSync(path.join(ROOT, entry), path.join(folder, entry));
  }
  fs.cpSync(path.join(ROOT, 'manifests'), path.join(folder, 'manifests'), { recursive: true });
  const bin = path.join(folder, '.cache/bin');
  fs.mkdirSync(bin, { recursive: true });
  for (const program of fs.readdirSync(path.join(ROOT, '.cache/bin'))) {
    // The plugin is written by a command of its document.
    if (program === 'kubectl-streamcluster') continue;
    fs.symlinkSync(path.join(ROOT, '.cache/bin', program), path.join(bin, program));
  }
  return folder;
}
