import { pick, type Random } from '@streamcluster/placement';
import type { SimPublisher, StreamName } from '@streamcluster/worker/testing';
import type { Site } from '../world/site.ts';
import type { WorkerNode } from '../world/worker-node.ts';

const ATTEMPT_MS = 6_000;
/** A protocol closes a publisher that stays silent. */
const SILENT_MS = 15_000;
const RETRY_MS = [300, 2_500] as const;

/** Someone who publishes a stream, and comes back wherever he is let in. */
export class PublisherClient {
  readonly name: StreamName;
  wanted = true;
  node: WorkerNode | undefined = undefined;
  publisher: SimPublisher | undefined = undefined;
  /** Since when it has been let in. */
  sinceMs = 0;
  private readonly site: Site;
  private readonly random: Random;
  private attempt = 0;
  private isTrying = false;
  private retryAtMs = 0;

  constructor(site: Site, name: StreamName, random: Random) {
    this.site = site;
    this.name = name;
    this.random = random;
  }

  /** Its frames are taken by a worker. */
  get isLive(): boolean {
    return this.publisher !== undefined && this.isLetIn;
  }

  turn(): void {
    if (this.publisher !== undefined && !this.isLetIn) this.drop();
    if (!this.wanted) {
      this.publisher?.lose();
      this.drop();
    } else if (this.publisher === undefined && this.site.clock.nowMs() >= this.retryAtMs) {
      this.tryAgain();
    }
  }

  /** The network between him and the worker is gone: he goes elsewhere, and the
   * worker sees nothing but silence. */
  halfOpen(): void {
    const { publisher, node } = this;
    if (publisher === undefined || node === undefined) return;
    publisher.isSending = false;
    node.clock.setTimer(SILENT_MS, () => publisher.lose());
    this.drop();
  }

  private get isLetIn(): boolean {
    return this.node?.isUp === true && this.publisher?.revoked.length === 0;
  }

  private drop(): void {
    if (this.publisher !== undefined) this.node?.worker.publishers.delete(this.publisher);
    this.publisher = undefined;
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
      node.worker.startPublishing(this.name).then(
        (publisher) => this.letIn(attempt, node, publisher),
        () => {
          if (attempt === this.attempt) this.retryAtMs = this.later();
        },
      );
    });
  }

  private letIn(attempt: number, node: WorkerNode, publisher: SimPublisher): void {
    if (attempt !== this.attempt || !this.wanted) {
      publisher.lose();
      node.worker.publishers.delete(publisher);
      return;
    }
    this.node = node;
    this.publisher = publisher;
    this.sinceMs = this.site.clock.nowMs();
  }

  private later(): number {
    const [least, most] = RETRY_MS;
    return this.site.clock.nowMs() + least + (most - least) * this.random.next();
  }
}
