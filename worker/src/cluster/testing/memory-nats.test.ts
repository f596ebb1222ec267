import { ManualClock } from '../../stream/clock.ts';
import { describeBus } from './bus-contract.ts';
import { MemoryNats } from './memory-nats.ts';
import { flush } from './sim.ts';

describeBus('in memory', () => {
  const clock = new ManualClock();
  const nats = new MemoryNats(clock);
  const step = async (): Promise<void> => {
    clock.advance(1);
    await flush();
  };
  return Promise.resolve({
    connect: () => Promise.resolve(nats.connect()),
    async until(condition: () => boolean) {
      for (let steps = 0; !condition(); steps += 1) {
        if (steps > 1_000) throw new Error('it does not come');
        await step();
      }
    },
    async settle<Value>(promise: Promise<Value>) {
      const settled = { isDone: false };
      const finish = (): void => void (settled.isDone = true);
      promise.then(finish, finish);
      while (!settled.isDone) await step();
      return await promise;
    },
    wipe() {
      nats.wipe(() => 500);
      return Promise.resolve();
    },
    hang(isHung) {
      nats.setHung(isHung);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
