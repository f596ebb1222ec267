import { pick, type Random } from '@streamcluster/placement';
import type { Cluster } from './cluster.ts';
import type { SimWorker } from './parts.ts';

/** Where a new connection lands: any worker of the Service, each as likely, which
 * is what kube-proxy does. Undefined: there is none. */
export class Landing {
  private readonly cluster: Cluster;
  private readonly random: Random;
  private open: readonly SimWorker[] = [];

  constructor(cluster: Cluster, random: Random) {
    this.cluster = cluster;
    this.random = random;
    this.refresh();
  }

  /** After workers came, went, or were marked. */
  refresh(): void {
    const accepting = this.cluster.workers.filter(({ accepts }) => accepts);
    // A Service without endpoints refuses; the operator never makes one.
    this.open = accepting.length > 0 ? accepting : this.cluster.workers.filter((w) => w.serves);
  }

  draw(): SimWorker | undefined {
    return pick(this.random, this.open);
  }
}
