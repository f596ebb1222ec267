/**
 * ESLint rule: imports point one way through the house (docs/architecture.md).
 *
 * A layer is a folder; it may import itself and the layers listed for it.
 * Sibling folders of `protocols/` may not import one another, except the
 * transport in `protocols/http`.
 */
import path from 'node:path';

/** Layer folder -> layers it may import. */
const MAY_IMPORT = {
  'worker/src/media': [],
  'worker/src/engine': [],
  'worker/src/formats': ['media'],
  'worker/src/stream': ['formats', 'media', 'engine'],
  'worker/src/access': ['stream', 'media'],
  'worker/src/sessions': ['access', 'stream', 'media'],
  'worker/src/topology': ['stream', 'engine'],
  'worker/src/cluster': [
    'sessions',
    'topology',
    'stream',
    'formats',
    'media',
    'engine',
    'protocols/http',
  ],
  'worker/src/protocols': [
    ...['sessions', 'access', 'cluster', 'stream', 'formats', 'media', 'engine'],
    'protocols/http',
  ],
};

/** Folders that are pure: no sockets, no clock, no logger, no process. */
const PURE = ['worker/src/media', 'worker/src/formats', 'placement/src'];
const PURE_ALLOWED = new Set(['node:buffer', 'node:crypto', 'node:assert']);
const TEST_FILE = /\.test\.ts$|\/testing\/|fuzz-target\.ts$/;

function layerOf(file) {
  return Object.keys(MAY_IMPORT).find((layer) => file.startsWith(`${layer}/`));
}

function protocolOf(file) {
  return /^worker\/src\/protocols\/([^/]+)\//.exec(file)?.[1];
}

function relativeFault(from, to) {
  const layer = layerOf(from);
  if (layer === undefined) return undefined;
  const siblings = [protocolOf(from), protocolOf(to)];
  if (siblings[0] && siblings[1] && siblings[0] !== siblings[1] && siblings[1] !== 'http') {
    return `protocol ${siblings[0]} must not import protocol ${siblings[1]}`;
  }
  if (to.startsWith(`${layer}/`) || !/^worker\/src\/[^/]+\//.test(to)) return undefined;
  const allowed = MAY_IMPORT[layer].some((name) => to.startsWith(`worker/src/${name}/`));
  return allowed ? undefined : `${layer} must not import ${path.posix.dirname(to)}`;
}

function packageFault(from, source) {
  const pure = PURE.find((folder) => from.startsWith(`${folder}/`));
  if (pure !== undefined && !PURE_ALLOWED.has(source) && !source.startsWith('@streamcluster/')) {
    return `${pure} is pure and must not import ${source}`;
  }
  if (from.startsWith('operator/') && source.startsWith('@streamcluster/worker')) {
    return 'the operator must not import worker code';
  }
  if (from.startsWith('worker/') && source.startsWith('@streamcluster/operator')) {
    return 'workers must not import operator code';
  }
  if (/^@streamcluster\/[^/]+\/testing$/.test(source)) {
    return from.startsWith('simulate/src/faults/')
      ? undefined
      : 'what tests are made of is for tests, and for the simulation of faults';
  }
  if (/^@streamcluster\/[^/]+\/.+/.test(source)) return 'use the one door of the package';
  return undefined;
}

export const oneWay = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const from = path.posix.relative(context.cwd, context.filename);
    if (TEST_FILE.test(from)) return {};
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string') return;
      const fault = source.startsWith('.')
        ? relativeFault(from, path.posix.join(path.posix.dirname(from), source))
        : packageFault(from, source);
      if (fault !== undefined)
        context.report({ node, message: `Imports point one way: ${fault}.` });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
