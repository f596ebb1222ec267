import { DeliverPolicy, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { DirectoryWatcher } from '../bus.ts';
import { isDeletion, type NatsBucket } from './nats-bucket.ts';

/**
 * One pass of watching a bucket: everything that is there, then what changes,
 * until it is stopped. NatsBus starts a new pass whenever the old one may have
 * missed something.
 */
export class NatsWatch {
  /** Everything up to here was told. */
  lastRevision = 0;
  private readonly bucket: NatsBucket;
  private readonly watcher: DirectoryWatcher;
  private messages: ConsumerMessages | undefined = undefined;
  private isLoaded = false;
  private isStopped = false;

  constructor(bucket: NatsBucket, watcher: DirectoryWatcher) {
    this.bucket = bucket;
    this.watcher = watcher;
  }

  /** Revisions up to `fromRevision` are there or gone by now. `onEnded` is a
   * fault: the client gave the watch up by itself. */
  async start(fromRevision: number, onEnded: () => void): Promise<void> {
    const { bucket, watcher } = this;
    this.lastRevision = fromRevision;
    const consumer = await bucket.js.consumers.getPushConsumer(bucket.streamName, {
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subjects: `${bucket.subjectPrefix}>`,
    });
    const { num_pending: pending } = await consumer.info(true);
    if (this.isStopped) return;
    watcher.onReset();
    if (pending === 0) this.loaded();
    this.messages = await consumer.consume({ callback: (message) => this.onMessage(message) });
    // Stopped while the server made the consumer.
    if (this.hasStopped()) void this.messages.close();
    void this.messages.closed().then(() => {
      if (!this.isStopped) onEnded();
    });
  }

  stop(): void {
    this.isStopped = true;
    void this.messages?.close();
  }

  private hasStopped(): boolean {
    return this.isStopped;
  }

  private onMessage(message: JsMsg): void {
    if (this.isStopped) return;
    const key = message.subject.slice(this.bucket.subjectPrefix.length);
    const value = isDeletion(message.headers) ? undefined : message.data;
    this.lastRevision = Math.max(this.lastRevision, message.seq);
    this.watcher.onEntry(key, value, message.seq);
    if (!this.isLoaded && message.info.pending === 0) this.loaded();
  }

  private loaded(): void {
    this.isLoaded = true;
    this.watcher.onLoaded();
  }
}
