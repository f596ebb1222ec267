import type { WorkerParts } from './worker-parts.ts';

/** Why the worker should get no traffic. */
interface Unready {
  readonly code: string;
  readonly message: string;
}

/** When a worker opens its users' ports, closes them, and says that it is ready. */
export class Readiness {
  private readonly parts: WorkerParts;
  private readonly onFailed: (error: unknown) => void;
  private wasReached = false;

  constructor(parts: WorkerParts, onFailed: (error: unknown) => void) {
    this.parts = parts;
    this.onFailed = onFailed;
  }

  /** Its doors have been open. */
  get isReached(): boolean {
    return this.wasReached;
  }

  /** The directory has been read. Called by the bus, which would swallow what is thrown. */
  tryReach(): void {
    try {
      this.reach();
    } catch (error) {
      this.onFailed(error);
    }
  }

  onDraining(isDraining: boolean): void {
    const { media, cluster } = this.parts;
    if (!isDraining && this.wasReached) {
      media?.open();
      if (cluster?.steering.isOff === true) media?.share(false);
    }
    cluster?.reports.send();
  }

  /** A worker that drains stays ready as long as somebody is here: balancers
   * cut the sessions of workers that are not, those over UDP. */
  notReady(): Unready | undefined {
    const { cluster } = this.parts;
    if (!this.wasReached || cluster === undefined) {
      return { code: 'NATS_UNREACHABLE', message: 'directory not read yet' };
    }
    if (!cluster.drain.isDraining || cluster.hasSessions) return undefined;
    return { code: 'WORKER_DRAINING', message: 'worker is draining' };
  }

  private reach(): void {
    const { media, cluster, sampler, log, pinning } = this.parts;
    if (this.wasReached || media === undefined || cluster === undefined) return;
    this.wasReached = true;
    const ports = media.open();
    sampler.restart();
    const { grpcAddress, httpAddress } = cluster.facts;
    log.info(
      {
        ...ports,
        adminPort: portOf(httpAddress),
        grpcPort: portOf(grpcAddress),
        grpcAddress,
        httpAddress,
        ...pinning.current,
      },
      'worker ready',
    );
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
