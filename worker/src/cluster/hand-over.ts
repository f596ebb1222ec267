import { withoutReplicas } from '@streamcluster/placement';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { Directory } from './directory.ts';
import type { HomeChoice } from './home-choice.ts';
import type { Moves } from './moves.ts';
import type { Peers, ServeCall, ServeResult } from './peers.ts';
import type { Workers } from './workers.ts';

export interface HandOverOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly homes: HomeChoice;
  readonly moves: Moves;
  readonly peers: Peers;
  readonly log: Logger;
}

type Servers = Pick<ServeCall, 'home' | 'replicas'>;

/** Each waits for whoever takes the stream to catch up. */
const AT_ONCE = 8;

/** Gives away what this worker serves as home or replica. Their ingest workers
 * write it: they are asked, as the operator asks them. */
export class HandOver {
  private readonly options: HandOverOptions;

  constructor(options: HandOverOptions) {
    this.options = options;
  }

  /** Once through all streams, for as long as it goes on. False: there was none. */
  async run(goesOn: () => boolean): Promise<boolean> {
    const served = this.served();
    const rest = served.values();
    const work = async (): Promise<void> => {
      for (const [stream, entry] of rest) {
        if (!goesOn()) return;
        await this.giveAway(stream, entry);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return served.length > 0;
  }

  private served(): [string, DirectoryEntry][] {
    const { directory, workers } = this.options;
    return directory
      .entries()
      .filter(([, { home, replicas }]) => [home, ...replicas].includes(workers.self));
  }

  private async giveAway(stream: string, entry: DirectoryEntry): Promise<void> {
    const servers = await this.withoutUs(stream, entry);
    // Alone in the cluster: nobody can take it.
    if (servers === undefined) return;
    const { epoch, ingest } = entry;
    const result = await this.ask(ingest, { stream, epoch, ...servers, reason: 'Drain' });
    this.options.log.info({ stream, ...servers, result }, 'stream given away');
  }

  private async withoutUs(stream: string, entry: DirectoryEntry): Promise<Servers | undefined> {
    const { workers, homes } = this.options;
    const replicas = withoutReplicas(entry.replicas, new Set([workers.self]));
    if (entry.home !== workers.self) return { home: entry.home, replicas };
    const home = replicas.find((one) => homes.mayServe(one)) ?? (await homes.place(stream));
    if (home === workers.self) return undefined;
    return { home, replicas: withoutReplicas(replicas, new Set([home])) };
  }

  private async ask(ingest: string, call: ServeCall): Promise<ServeResult | 'unreachable'> {
    const { workers, moves, peers } = this.options;
    if (ingest === workers.self) return (await moves.serve(call)).result;
    const sighting = workers.get(ingest);
    // With its ingest worker dead the stream waits for a publisher, who gets a new home.
    if (sighting === undefined || !workers.isAlive(ingest)) return 'unreachable';
    try {
      return await peers.serve(sighting.grpcAddress, call);
    } catch {
      return 'unreachable';
    }
  }
}
