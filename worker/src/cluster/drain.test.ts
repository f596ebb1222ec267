import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim, type SimWorker } from './testing/sim.ts';

const NAME = streamName('live', 'news')!;
const PLAN = { deadlineSeconds: 60, publisherGraceSeconds: 5, lingerSeconds: 0, reason: 'Command' };

describe('drain', () => {
  let sim: Sim;
  let a: SimWorker;
  let b: SimWorker;

  beforeEach(async () => {
    sim = new Sim();
    const added = await sim.add('w-a', 'w-b');
    a = added[0]!;
    b = added[1]!;
  });

  it('is done at once when there is nobody', async () => {
    a.cluster.control.drain(PLAN);
    await sim.run(500);
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
  });

  it('refuses publishers and viewers', async () => {
    sim.operator = (): string => 'w-a';
    await a.publish(NAME);
    a.cluster.control.drain(PLAN);
    const other = streamName('live', 'other')!;
    await expect(a.publish(other)).rejects.toMatchObject({ code: 'WORKER_DRAINING' });
    await expect(a.cluster.view(other)).rejects.toMatchObject({ code: 'WORKER_DRAINING' });
  });

  it('gives its homes away', async () => {
    sim.operator = (): string => 'w-a';
    await b.publish(NAME);
    expect(sim.entry(NAME)?.home).toBe('w-a');
    await sim.run(100);
    sim.operator = (): string => 'w-b';
    a.cluster.control.drain(PLAN);
    await sim.run(1_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-b', ingest: 'w-b', epoch: 2 });
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
  });

  it('is not drawn as a home by others, nor by itself', async () => {
    a.cluster.control.drain({ ...PLAN, deadlineSeconds: 600 });
    const viewer = streamName('live', 'keeps-it-busy')!;
    await b.publish(viewer);
    a.cluster.reports.send();
    await sim.run(100);
    for (let index = 0; index < 10; index += 1) {
      const name = streamName('live', `n${index}`)!;
      await b.publish(name);
      expect(sim.entry(name)?.home).toBe('w-b');
    }
  });

  it('moves publishers after their grace; local viewers go on', async () => {
    sim.operator = (): string => 'w-a';
    const first = await a.publish(NAME);
    await sim.run(500);
    const viewer = await a.view(NAME);
    sim.operator = (): string => 'w-b';
    a.cluster.control.drain(PLAN);
    await sim.run(4_500);
    expect(first.revoked).toEqual([]);
    await sim.run(1_000);
    expect(first.revoked).toEqual(['draining']);
    await b.publish(NAME);
    await sim.run(2_000);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-b', home: 'w-b' });
    expect(viewer.closed).toEqual([]);
    viewer.tags();
    await sim.run(1_000);
    expect(viewer.tags(false).length).toBeGreaterThan(10);
    expect(a.drainEvents).toEqual(['draining', 'refusing']);
    viewer.viewer.close('connection');
    await sim.run(1_000);
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
  });

  it('closes what is left at the deadline, with a reason', async () => {
    const first = await a.publish(NAME);
    await sim.run(500);
    const viewer = await a.view(NAME);
    a.cluster.control.drain({ ...PLAN, deadlineSeconds: 3, publisherGraceSeconds: 10 });
    await sim.run(3_500);
    // No key frame comes, so it is waited for only so long.
    expect(viewer.closed).toEqual([]);
    await sim.run(4_000);
    expect(viewer.closed).toEqual(['draining']);
    expect(first.revoked).toEqual(['draining']);
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
    // For whoever takes the publisher next.
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a' });
  });

  it('takes the nearer of two deadlines', async () => {
    await a.publish(NAME);
    a.cluster.control.drain({ ...PLAN, deadlineSeconds: 600, publisherGraceSeconds: 600 });
    await sim.run(1_000);
    a.cluster.control.drain({ ...PLAN, deadlineSeconds: 1, publisherGraceSeconds: 0 });
    await sim.run(2_000);
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
  });

  it('can be taken back', async () => {
    const first = await a.publish(NAME);
    a.cluster.control.drain(PLAN);
    await sim.run(1_000);
    a.cluster.control.undrain();
    await sim.run(10_000);
    expect(first.revoked).toEqual([]);
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'back']);
    await expect(a.publish(streamName('live', 'other')!)).resolves.toBeDefined();
  });

  it.each([
    ['', []],
    [' that a command had begun', [PLAN]],
  ])('is not taken back from a signal%s: the process is killed anyway', async (_what, earlier) => {
    await a.publish(NAME);
    for (const plan of earlier) a.cluster.control.drain(plan);
    a.cluster.drain.start({ ...PLAN, reason: 'Signal', isFinal: true });
    await sim.run(1_000);
    expect(() => a.cluster.control.undrain()).toThrow(
      expect.objectContaining({ code: 'WORKER_DRAINING' }),
    );
    await sim.run(30_000);
    expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
  });

  it('does not ask again and again who takes a home that nobody can take', async () => {
    let asked = 0;
    sim.operator = (): string => {
      asked += 1;
      return 'w-a';
    };
    await a.publish(NAME);
    b.kill();
    await sim.run(10_000);
    asked = 0;
    a.cluster.control.drain({ ...PLAN, publisherGraceSeconds: 50 });
    await sim.run(10_000);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(12);
  });

  it('gives its homes away the second time, when the first was taken back midway', async () => {
    sim.operator = (): string => 'w-a';
    await b.publish(NAME);
    await sim.run(100);
    sim.operator = (): string => 'w-b';
    a.cluster.control.drain(PLAN);
    a.cluster.control.undrain();
    sim.operator = (): string => 'w-a';
    await sim.run(1_000);
    await sim.settle(
      a.cluster.directory.change(NAME.key, (entry) => ({
        ...entry!,
        home: 'w-a',
        epoch: entry!.epoch + 1,
      })),
    );
    await sim.run(100);
    sim.operator = (): string => 'w-b';
    a.cluster.control.drain(PLAN);
    await sim.run(1_000);
    expect(sim.entry(NAME)?.home).toBe('w-b');
    expect(a.drainEvents).toEqual([
      'draining',
      'refusing',
      'back',
      'draining',
      'refusing',
      'drained',
    ]);
  });

  describe('with a linger', () => {
    const LINGER = { ...PLAN, lingerSeconds: 3, publisherGraceSeconds: 1 };

    it('serves who still comes, but is no home', async () => {
      sim.operator = (): string => 'w-a';
      a.cluster.control.drain(LINGER);
      await sim.run(1_000);
      expect(a.cluster.hasSessions).toBe(false);
      const late = await a.publish(NAME);
      const viewer = await a.view(NAME);
      await sim.run(500);
      expect(a.cluster.hasSessions).toBe(true);
      expect(viewer.tags().length).toBeGreaterThan(5);
      expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', home: 'w-b' });
      await sim.run(1_000);
      // Sent away now, it would land here again.
      expect(late.revoked).toEqual([]);
      expect(a.drainEvents).toEqual(['draining']);
      await sim.run(1_000);
      expect(a.drainEvents).toEqual(['draining', 'refusing']);
      expect(late.revoked).toEqual(['draining']);
      const other = streamName('live', 'other')!;
      await expect(a.publish(other)).rejects.toMatchObject({ code: 'WORKER_DRAINING' });
      await expect(a.cluster.view(other)).rejects.toMatchObject({ code: 'WORKER_DRAINING' });
    });

    it('stays for all of it, also when nobody comes', async () => {
      a.cluster.control.drain(LINGER);
      await sim.run(2_900);
      expect(a.drainEvents).toEqual(['draining']);
      await sim.run(400);
      expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
    });

    it('is over at the deadline', async () => {
      a.cluster.control.drain({ ...LINGER, deadlineSeconds: 1 });
      await sim.run(1_300);
      expect(a.drainEvents).toEqual(['draining', 'refusing', 'drained']);
    });

    it('can be taken back in the middle, and lingers again the next time', async () => {
      a.cluster.control.drain(LINGER);
      await sim.run(2_000);
      a.cluster.control.undrain();
      await sim.run(5_000);
      expect(a.drainEvents).toEqual(['draining', 'back']);
      a.cluster.control.drain(LINGER);
      await sim.run(2_900);
      expect(a.drainEvents).toEqual(['draining', 'back', 'draining']);
    });
  });
});
