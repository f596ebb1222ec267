import path from 'node:path';

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The Node that workers run with. */
export const NODE = path.join(ROOT, 'node_modules/.bin/node');
