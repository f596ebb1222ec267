import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { OperatorError } from '../../errors.ts';
import type { Bucket, BucketChange, BucketLife, BucketOptions, BucketWatch } from '../bus-link.ts';
import { natsErrorCode } from './nats-errors.ts';

/** No stream has it: a stream's key decodes to `app/name`. */
const PROBE_KEY = 'probe';
/** Deletions stay visible for so long. Workers make the bucket alike. */
const MARKER_TTL_MS = 60_000;

/** A bucket of whatever connection there is. */
export class KvBucket implements Bucket {
  private readonly connection: () => NatsConnection | undefined;
  private readonly options: BucketOptions;
  private kv: KV | undefined = undefined;

  constructor(connection: () => NatsConnection | undefined, options: BucketOptions) {
    this.connection = connection;
    this.options = options;
  }

  ensure(): Promise<BucketLife> {
    return asked(async () => {
      this.kv = await this.make();
      const { streamInfo } = await this.kv.status();
      return { created: streamInfo.created, isEmpty: streamInfo.state.messages === 0 };
    });
  }

  created(): Promise<string> {
    return asked(async () => (await this.open().status()).streamInfo.created);
  }

  watch(): Promise<BucketWatch> {
    return asked(async () => {
      const watch = await this.open().watch();
      return { [Symbol.asyncIterator]: () => changes(watch), stop: () => watch.stop() };
    });
  }

  /** A deletion of what is not there is a write like others. */
  probe(): Promise<void> {
    return asked(() => this.open().delete(PROBE_KEY));
  }

  destroy(): Promise<void> {
    return asked(async () => {
      await this.open().destroy();
    });
  }

  private async make(): Promise<KV> {
    const { bucket, storage, replicas } = this.options;
    const nc = this.connection();
    if (nc === undefined) throw new OperatorError('NATS_UNREACHABLE');
    const config = { history: 1, storage, replicas, markerTTL: MARKER_TTL_MS };
    return await new Kvm(nc).create(bucket, config);
  }

  private open(): KV {
    if (this.kv === undefined) throw new OperatorError('NATS_UNREACHABLE');
    return this.kv;
  }
}

async function asked<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(natsErrorCode(error), undefined, { cause: error });
  }
}

async function* changes(
  watch: Awaited<ReturnType<KV['watch']>>,
): AsyncGenerator<BucketChange, void> {
  for await (const { key, value, operation, delta } of watch) {
    yield { key, value: operation === 'PUT' ? value : undefined, isLast: delta === 0 };
  }
}
