import type { Bus, WriteResult } from '@streamcluster/worker/testing';

/** Writes whatever is there: the last one wins. */
export function withoutCompareAndSet(bus: Bus): Bus {
  return seen(bus, {
    async write(key, value): Promise<WriteResult> {
      for (;;) {
        const found = await bus.read(key);
        if (found.kind === 'unavailable') return found;
        const result = await bus.write(key, value, found.revision);
        if (result.kind !== 'conflict') return result;
      }
    },
  });
}

/** A watch that ends without a word once it has told what was there. */
export function withWatchThatEnds(bus: Bus): Bus {
  return seen(bus, {
    watch: (watcher) => {
      let isOver = false;
      bus.watch({
        onReset: () => isOver || watcher.onReset(),
        onEntry: (...entry) => isOver || watcher.onEntry(...entry),
        onLoaded: () => {
          if (!isOver) watcher.onLoaded();
          isOver = true;
        },
      });
    },
  });
}

function seen(bus: Bus, otherwise: Partial<Bus>): Bus {
  return {
    get isConnected() {
      return bus.isConnected;
    },
    onConnection: (callback) => bus.onConnection(callback),
    read: (key) => bus.read(key),
    write: (key, value, revision) => bus.write(key, value, revision),
    watch: (watcher) => bus.watch(watcher),
    publish: (subject, payload) => bus.publish(subject, payload),
    subscribe: (subject, onMessage) => bus.subscribe(subject, onMessage),
    close: () => bus.close(),
    ...otherwise,
  };
}
