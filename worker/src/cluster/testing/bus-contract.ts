import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../bus.ts';

/** What the suite needs of an implementation. */
export interface BusRig {
  /** A new connection to one and the same server. */
  connect(): Promise<Bus>;
  /** Lets what is under way arrive; resolves when the condition holds. */
  until(condition: () => boolean): Promise<void>;
  /** Runs until settled, where time stands still. */
  settle<Value>(promise: Promise<Value>): Promise<Value>;
  /** Deletes the bucket and makes it anew, empty. */
  wipe(): Promise<void>;
  /** The server stands still, or goes on with what was sent meanwhile. */
  hang(isHung: boolean): Promise<void>;
  close(): Promise<void>;
}

/** What a watcher was told. */
export class Told {
  readonly entries = new Map<string, string | undefined>();
  readonly revisions: number[] = [];
  /** In which reading of the bucket each key was told of last. */
  readonly passes = new Map<string, number>();
  resets = 0;
  loads = 0;

  follow(bus: Bus): this {
    bus.watch({
      onReset: () => {
        this.resets += 1;
        this.entries.clear();
      },
      onEntry: (key, value, revision) => {
        this.entries.set(key, value === undefined ? undefined : text(value));
        this.revisions.push(revision);
        this.passes.set(key, this.resets);
      },
      onLoaded: () => {
        this.loads += 1;
      },
    });
    return this;
  }
}

/** The same for the bus of the simulation and for real NATS. */
export function describeBus(name: string, open: () => Promise<BusRig>): void {
  describe(`bus contract: ${name}`, () => {
    let rig: BusRig;
    let bus: Bus;
    let other: Bus;

    beforeAll(async () => {
      rig = await open();
      bus = await rig.connect();
      other = await rig.connect();
    }, 60_000);
    afterAll(async () => {
      await rig.close();
    });

    const read = (key: string) => rig.settle(bus.read(key));
    const write = (key: string, value: string | undefined, revision: number) =>
      rig.settle(bus.write(key, value === undefined ? undefined : bytes(value), revision));
    const written = async (key: string, value: string | undefined, revision: number) => {
      const result = await write(key, value, revision);
      if (result.kind !== 'written') throw new Error(result.kind);
      return result.revision;
    };

    it('knows nothing of a key that was never written', async () => {
      expect(await read('none')).toEqual({ kind: 'absent', revision: 0 });
    });

    it('reads at once what was written', async () => {
      const revision = await written('k1', 'one', 0);
      expect(await read('k1')).toMatchObject({ kind: 'found', revision });
    });

    it('creates once', async () => {
      await written('k2', 'one', 0);
      expect(await write('k2', 'two', 0)).toEqual({ kind: 'conflict' });
    });

    it('updates the revision that was read, and no other', async () => {
      const first = await written('k3', 'one', 0);
      const second = await written('k3', 'two', first);
      expect(second).toBeGreaterThan(first);
      expect(await write('k3', 'three', first)).toEqual({ kind: 'conflict' });
    });

    it('lets one of two writers through', async () => {
      const revision = await written('k4', 'one', 0);
      const results = await rig.settle(
        Promise.all([bus, other].map((writer) => writer.write('k4', bytes('x'), revision))),
      );
      expect(results.map(({ kind }) => kind).sort()).toEqual(['conflict', 'written']);
    });

    it('deletes by compare-and-set, and creates over the deletion', async () => {
      const revision = await written('k5', 'one', 0);
      expect(await write('k5', undefined, revision + 1_000)).toEqual({ kind: 'conflict' });
      await written('k5', undefined, revision);
      const found = await read('k5');
      expect(found).toMatchObject({ kind: 'absent' });
      await written('k5', 'again', found.kind === 'absent' ? found.revision : -1);
      expect(await read('k5')).toMatchObject({ kind: 'found' });
    });

    it('tells a watcher what is there, then what changes, in order', async () => {
      const watching = await rig.connect();
      const told = new Told().follow(watching);
      await rig.until(() => told.loads === 1);
      expect(told.entries.get('k2')).toBe('one');
      const revision = await written('k6', 'one', 0);
      await written('k6', undefined, revision);
      await rig.until(() => told.entries.has('k6') && told.entries.get('k6') === undefined);
      expect(told.revisions).toEqual([...told.revisions].sort((a, b) => a - b));
      expect(told.resets).toBe(1);
    });

    it('brings messages to all who listen, by pattern', async () => {
      const heard: string[] = [];
      other.subscribe('sc.test.load.*', (payload) => heard.push(text(payload)));
      await rig.until(() => {
        if (heard.length === 0) bus.publish('sc.test.load.w-1', bytes('hello'));
        return heard.length > 0;
      });
      expect(heard[0]).toBe('hello');
    });

    it('takes a write that was answered too late for its writer', async () => {
      await rig.hang(true);
      const result = await write('k8', 'late', 0).finally(() => rig.hang(false));
      expect(result).toEqual({ kind: 'unknown' });
      const found: string[] = [];
      while (found.at(-1) !== 'found') found.push((await read('k8')).kind);
      // Its writer would write over its own entry, if it did not read first.
      expect(await write('k8', 'again', 0)).toEqual({ kind: 'conflict' });
    }, 30_000);

    it('starts a watcher anew on a bucket that was wiped', async () => {
      const told = new Told().follow(await rig.connect());
      await rig.until(() => told.loads === 1);
      await rig.wipe();
      expect(await read('k2')).toEqual({ kind: 'absent', revision: 0 });
      // Revision 1 of this life is another one than that of the life before.
      expect(await written('k7', 'new', 0)).toBe(1);
      await rig.until(() => told.loads === 2 && told.entries.get('k7') === 'new');
      expect([...told.entries.values()]).toEqual(['new']);
      // The watch that there was stays silent.
      expect(told.passes.get('k7')).toBe(2);
    }, 30_000);
  });
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString();
}
