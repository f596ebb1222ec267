import { place } from '@streamcluster/placement';
import type { Logger } from 'pino';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { Peers } from './peers.ts';
import type { Random } from './random.ts';
import type { Settings } from './settings.ts';
import type { Workers } from './workers.ts';

export interface HomeChoiceOptions {
  readonly workers: Workers;
  readonly peers: Peers;
  readonly random: Random;
  readonly settings: Settings;
  readonly log: Logger;
  /** A worker that drains is nobody's home. */
  readonly isDraining: () => boolean;
}

/** Decides which worker serves a stream to the others. */
export class HomeChoice {
  private readonly options: HomeChoiceOptions;

  constructor(options: HomeChoiceOptions) {
    this.options = options;
  }

  /** Keeps a home that lives; else asks the operator; else draws. */
  async choose(stream: string, entry: DirectoryEntry | undefined): Promise<string> {
    if (entry !== undefined && this.mayStay(entry.home)) return entry.home;
    return await this.place(stream);
  }

  /** A home as if there were none. */
  async place(stream: string): Promise<string> {
    const { peers, workers, log } = this.options;
    try {
      const home = await peers.place(stream, workers.self);
      if (this.mayStay(home)) return home;
      log.info({ stream, home }, 'operator placed on a worker that is not usable; drawing');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.info({ stream, reason, code: 'PEER_UNREACHABLE' }, 'operator silent; drawing a home');
    }
    return this.draw();
  }

  /** As the operator would, from the reports that were heard here. */
  draw(): string {
    const { workers, random, settings, isDraining } = this.options;
    const { self } = workers;
    const candidates = workers.candidates().filter(({ id }) => id !== self || !isDraining());
    const request = { policy: settings.placementPolicy, ingestWorker: self, random };
    return place({ ...request, workers: candidates })?.worker ?? self;
  }

  private mayStay(home: string): boolean {
    const { workers, isDraining } = this.options;
    if (home === workers.self) return !isDraining();
    return workers.isAlive(home) && workers.get(home)?.isDraining === false;
  }
}
