import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';

export interface BucketSweepOptions {
  readonly connection: NatsConnection;
  /** Whether a bucket of this name is left over. */
  readonly isOrphan: (bucket: string) => boolean;
  readonly log: Logger;
}

/** Removes directories whose StreamCluster, or whose run, is gone. */
export async function sweepBuckets(options: BucketSweepOptions): Promise<void> {
  const { connection, isOrphan, log } = options;
  const kvm = new Kvm(connection);
  for await (const { bucket } of kvm.list()) {
    if (!isOrphan(bucket)) continue;
    await (await kvm.open(bucket)).destroy();
    log.info({ bucket }, 'bucket left over, removed');
  }
}
