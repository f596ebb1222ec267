import { place, withoutReplicas } from '@streamcluster/placement';
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

type Servers = Pick<DirectoryEntry, 'home' | 'replicas'>;

/** Decides which worker serves a stream to the others. */
export class HomeChoice {
  private readonly options: HomeChoiceOptions;

  constructor(options: HomeChoiceOptions) {
    this.options = options;
  }

  /** Keeps those who serve it already, as far as they live: one of them is home.
   * Else asks the operator; else draws. */
  async choose(stream: string, entry: DirectoryEntry | undefined): Promise<Servers> {
    const staying = this.staying(entry);
    const [home] = staying;
    if (home !== undefined) return { home, replicas: staying.slice(1) };
    return { home: await this.place(stream), replicas: [] };
  }

  private staying(entry: DirectoryEntry | undefined): string[] {
    if (entry === undefined) return [];
    const { self } = this.options.workers;
    const { home, replicas } = entry;
    const isGone = (one: string): boolean => one === self || !this.mayServe(one);
    const living = withoutReplicas(replicas, new Set(replicas.filter(isGone)));
    if (this.mayServe(home)) return [home, ...living];
    const [heir] = living;
    return heir === undefined ? [] : [heir, ...withoutReplicas(living, new Set([heir]))];
  }

  /** A home as if there were none. */
  async place(stream: string): Promise<string> {
    const { peers, workers, log } = this.options;
    try {
      const home = await peers.place(stream, workers.self);
      if (this.mayServe(home)) return home;
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

  /** It lives and does not drain. */
  mayServe(home: string): boolean {
    const { workers, isDraining } = this.options;
    if (home === workers.self) return !isDraining();
    return workers.isAlive(home) && workers.get(home)?.isDraining === false;
  }
}
