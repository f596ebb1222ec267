import type {
  Bucket,
  BucketChange,
  BucketLife,
  BucketWatch,
  BusLink,
} from '@streamcluster/operator/testing';
import type { MemoryBus, MemoryNats } from '@streamcluster/worker/testing';

/** The operator's connection, over the same bus as that of workers. */
export class OperatorLink implements BusLink {
  private readonly bus: MemoryBus;
  private readonly nats: MemoryNats;

  constructor(bus: MemoryBus, nats: MemoryNats) {
    this.bus = bus;
    this.nats = nats;
    bus.looksItself = false;
  }

  get isConnected(): boolean {
    return this.bus.isConnected;
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    let isWanted = true;
    this.bus.onConnection((isConnected) => {
      if (isWanted) listener(isConnected);
    });
    return () => (isWanted = false);
  }

  subscribe(
    subject: string,
    onMessage: (payload: Uint8Array, subject: string) => void,
  ): () => void {
    this.bus.subscribe(subject, onMessage);
    return () => undefined;
  }

  bucket(): Bucket {
    const { bus, nats } = this;
    const life = async (): Promise<BucketLife> => {
      const isEmpty = (): boolean => nats.rows.size === 0;
      const found = await bus.inspect(() => ({ created: String(nats.life), isEmpty: isEmpty() }));
      if (found === undefined) throw new Error('the bus does not answer');
      return found;
    };
    return {
      ensure: life,
      created: async () => (await life()).created,
      // Its disk is never full.
      probe: () => Promise.resolve(),
      destroy: () => Promise.reject(new Error('nobody has it deleted')),
      watch: () =>
        bus.isConnected
          ? Promise.resolve(new OperatorWatch(bus))
          : Promise.reject(new Error('there is no connection')),
    };
  }
}

/** What the bus tells, for whoever asks for one change after the other. */
class OperatorWatch implements BucketWatch {
  private readonly told: BucketChange[] = [];
  private wake = Promise.withResolvers<undefined>();
  private isOver = false;

  constructor(bus: MemoryBus) {
    let first: BucketChange[] | undefined = [];
    bus.watch({
      onReset: () => (first = []),
      onEntry: (key, value) => {
        if (first === undefined) this.tell([{ key, value, isLast: true }]);
        else first.push({ key, value, isLast: false });
      },
      onLoaded: () => {
        const all = first ?? [];
        first = undefined;
        this.tell(all.map((one, at) => ({ ...one, isLast: at === all.length - 1 })));
      },
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BucketChange, void> {
    while (!this.isOver) {
      yield* this.told.splice(0);
      await this.wake.promise;
      this.wake = Promise.withResolvers();
    }
  }

  stop(): void {
    this.isOver = true;
    this.wake.resolve(undefined);
  }

  private tell(changes: readonly BucketChange[]): void {
    this.told.push(...changes);
    this.wake.resolve(undefined);
  }
}
