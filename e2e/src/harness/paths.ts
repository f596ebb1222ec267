import fs from 'node:fs';
import path from 'node:path';

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The Node that the checkout brings, whatever Node runs the tests. */
export const NODE = path.join(ROOT, 'node_modules/.bin/node');

/** A folder under .cache/, made if needed. */
export function cacheFolder(name: string): string {
  const folder = path.join(ROOT, '.cache', name);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/** A new empty folder under .cache/e2e/, told apart by pid and time. */
export function scratchFolder(name: string): string {
  return fs.mkdtempSync(path.join(cacheFolder('e2e'), `${name}-${process.pid}-`));
}
