import { pick, type Random } from '@streamcluster/placement';
import type { StreamName, Watch } from '@streamcluster/worker/testing';
import type { Site } from '../world/site.ts';
import type { WorkerNode } from '../world/worker-node.ts';

const ATTEMPT_MS = 6_000;
const RETRY_MS = [200, 1_500] as const;

/** Someone who watches a stream over a long-lived connection, and comes back. */
export class ViewerClient {
  readonly name: StreamName;
  node: WorkerNode | undefined = undefined;
  watch: Watch | undefined = undefined;
  /** When it asked first, came, or got bytes last. */
  fedAtMs: number;
  private readonly site: Site;
  private readonly random: Random;
  private attempt = 0;
  private retryAtMs = 0;
  private bytes = 0;

  constructor(site: Site, name: StreamName, random: Random) {
    this.site = site;
    this.name = name;
    this.random = random;
    this.fedAtMs = site.clock.nowMs();
  }

  turn(): void {
    const { watch, node } = this;
    const isGone = watch !== undefined && (node?.isUp !== true || watch.closed.length > 0);
    if (isGone) this.drop();
    else if (watch !== undefined) this.take(watch);
    else if (this.site.clock.nowMs() >= this.retryAtMs) this.tryAgain();
  }

  /** He has seen enough. */
  leave(): void {
    this.watch?.connection.closeWith('remote');
    this.drop();
  }

  private take({ connection }: Watch): void {
    connection.take();
    if (connection.bytesSent === this.bytes) return;
    this.bytes = connection.bytesSent;
    this.fedAtMs = this.site.clock.nowMs();
  }

  private drop(): void {
    if (this.watch !== undefined) this.node?.worker.viewers.delete(this.watch);
    this.watch = undefined;
    this.node = undefined;
    this.attempt += 1;
    this.retryAtMs = this.later();
  }

  private tryAgain(): void {
    const node = pick(this.random, this.site.nodes());
    this.retryAtMs = this.site.clock.nowMs() + ATTEMPT_MS;
    if (node === undefined) return;
    this.attempt += 1;
    const { attempt } = this;
    node.clock.setTimer(1, () => {
      node.worker.startViewing(this.name).then(
        (watch) => this.letIn(attempt, node, watch),
        () => {
          if (attempt === this.attempt) this.retryAtMs = this.later();
        },
      );
    });
  }

  private letIn(attempt: number, node: WorkerNode, watch: Watch): void {
    if (attempt !== this.attempt) {
      watch.connection.closeWith('remote');
      node.worker.viewers.delete(watch);
      return;
    }
    this.node = node;
    this.watch = watch;
    this.bytes = 0;
  }

  private later(): number {
    const [least, most] = RETRY_MS;
    return this.site.clock.nowMs() + least + (most - least) * this.random.next();
  }
}
