/**
 * Clusters from the command line:
 *   up --level api|kwok|node [--pinned]   starts one and keeps it until Ctrl-C;
 *      [--nodes COUNT]                    at level kwok with so many fake nodes
 *   build                                 builds all programs
 *   images                                builds the images of worker, operator and NATS
 *   sweep                                 removes what crashed runs left
 *   leftovers                             lists it, and fails if there is anything
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { buildBinaries } from './binaries.ts';
import { projectImages } from './images.ts';
import { leftovers, sweep } from './leftovers.ts';
import { LEVELS, startCluster, type Level } from './start.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    level: { type: 'string', default: 'api' },
    pinned: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '0' },
  },
});

const VERBS: { readonly [verb: string]: (() => Promise<void>) | undefined } = {
  up,
  build: () => buildBinaries([], log),
  images: async () => console.log((await projectImages(log)).join('\n')),
  sweep: async () => report(await sweep()),
  leftovers: async () => report(await Promise.resolve(leftovers())),
};

const verb = VERBS[positionals[0] ?? ''];
if (verb === undefined) {
  console.error(`say one of: ${Object.keys(VERBS).join(', ')}`);
  process.exit(2);
}
await verb();

function log(line: string): void {
  console.error(line);
}

async function up(): Promise<void> {
  const asked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  // A second Ctrl-C must not cut the tear-down short.
  process.on('SIGINT', () => undefined);
  const cluster = await startCluster({ level: level(), pinned: values.pinned, log });
  try {
    if (Number(values.nodes) > 0) await cluster.addFakeNodes(Number(values.nodes));
    console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
    await asked;
    log('stopping');
  } finally {
    await cluster.stop();
  }
}

function level(): Level {
  const found = LEVELS.find((name) => name === values.level);
  if (found === undefined) throw new Error(`--level is one of ${LEVELS.join(', ')}`);
  return found;
}

function report(left: readonly string[]): void {
  for (const line of left) console.error(`left: ${line}`);
  if (left.length > 0) process.exitCode = 1;
}
