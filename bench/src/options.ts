import { Command } from 'commander';
import { GOP_SECONDS } from './generator/clip.ts';
import type { ServerKind } from './server/server.ts';
import type { Sizes, Workload } from './workloads/workload.ts';
import { WORKLOADS } from './workloads/catalogue.ts';

export interface Options {
  readonly only: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly peers: string;
  readonly floor: boolean;
  readonly viewers: number;
  readonly publishers: number;
  readonly idlePublishers: number;
  readonly clients: number;
  readonly tlsClients: number;
  readonly maxViewers: number;
  readonly soak?: string;
  readonly docs: boolean;
  readonly merge: boolean;
}

const LETTERS = WORKLOADS.map(({ letter }) => letter).join(',');

export function readOptions(words: readonly string[]): Options {
  const options = new Command('bench')
    .description('Measures servers on CPU 0 under load from CPU 1, in rounds.')
    .option('--only <letters>', 'workloads, or single cases by their key', LETTERS)
    .option('--rounds <count>', 'good rounds of each pair', Number, 5)
    .option('--seconds <count>', 'how long each measurement lasts, even', Number, 4)
    .option('--peers <names>', 'servers of others: all, none, or their names', 'all')
    .option('--floor', 'only the floors, which do nothing but system calls', false)
    .option('--viewers <count>', 'of a fan-out, up to 5000', Number, 1000)
    .option('--publishers <count>', 'of the ingest', Number, 500)
    .option('--idle-publishers <count>', 'of the idle streams', Number, 5000)
    .option('--clients <count>', 'who ask for playlists', Number, 5000)
    .option('--tls-clients <count>', 'viewers over TLS', Number, 300)
    .option('--max-viewers <count>', 'to fill the CPU with', Number, 8000)
    .option('--soak <time>', 'instead: churn for so long (10m) and watch memory')
    .option('--docs', 'write docs/performance.md from the last results instead', false)
    .option('--merge', 'put what is measured among the last results', false)
    .parse([...words], { from: 'user' })
    .opts<Options>();
  if (!(options.seconds > 0) || options.seconds % GOP_SECONDS !== 0) {
    throw new Error(`--seconds must be whole groups of pictures, ${GOP_SECONDS} s each`);
  }
  return options;
}

/** Workloads of which something is wanted. Throws for a name that nothing has. */
export function chosenWorkloads({ only }: Options): readonly Workload[] {
  const names = namesOf(only);
  for (const name of names) {
    if (!WORKLOADS.some(({ letter }) => name === letter || name.startsWith(`${letter}-`))) {
      throw new Error(`no workload ${name}; there are ${LETTERS}`);
    }
  }
  return WORKLOADS.filter(({ letter }) =>
    names.some((name) => name === letter || name.startsWith(`${letter}-`)),
  );
}

/** Whether a case is wanted: by its workload's letter, its key, or the start of its key. */
export function isChosen({ only }: Options, letter: string, key: string): boolean {
  return namesOf(only).some((name) => name === letter || key.startsWith(name));
}

/** Whether a server of others may run. */
export function isPeerWanted({ peers, floor }: Options, kind: ServerKind): boolean {
  if (floor || peers === 'none') return false;
  return peers === 'all' || namesOf(peers).includes(kind);
}

export function sizesOf(options: Options, peers: Sizes['peers']): Sizes {
  const { viewers, publishers, idlePublishers, clients, tlsClients, maxViewers } = options;
  return { viewers, publishers, idlePublishers, clients, tlsClients, maxViewers, peers };
}

function namesOf(list: string): string[] {
  return list.split(',').filter((name) => name !== '');
}
