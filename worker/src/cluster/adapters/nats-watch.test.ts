import { describe, expect, it } from 'vitest';
import type { NatsBucket } from './nats-bucket.ts';
import { NatsWatch } from './nats-watch.ts';

describe('a pass of the watch', () => {
  it('leaves no consumer behind when it is stopped while that is made', async () => {
    const made = Promise.withResolvers<object>();
    const asked = Promise.withResolvers<undefined>();
    let closed = 0;
    const consumer = {
      info: () => Promise.resolve({ num_pending: 0 }),
      consume: () => {
        asked.resolve(undefined);
        return made.promise;
      },
    };
    const bucket = {
      streamName: 'KV_test',
      subjectPrefix: '$KV.test.',
      js: { consumers: { getPushConsumer: () => Promise.resolve(consumer) } },
    } as unknown as NatsBucket;
    const watcher = {
      onReset: (): void => undefined,
      onEntry: (): void => undefined,
      onLoaded: (): void => undefined,
    };
    const pass = new NatsWatch(bucket, watcher);
    const started = pass.start(0, () => undefined);
    await asked.promise;
    pass.stop();
    made.resolve({
      closed: () => new Promise(() => undefined),
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    });
    await started;
    expect(closed).toBe(1);
  });
});
