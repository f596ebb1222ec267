import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { WorkerError } from '../errors.ts';
import { ManualClock } from '../stream/clock.ts';
import type { Allowed } from './allowed.ts';
import { Pinning } from './pinning.ts';
import { machineOf } from './testing/sysfs.ts';
import type { Threads } from './threads.ts';

const LOOP = 100;
const MACHINE = machineOf('two-nodes');

/** Threads as a kernel handles them: a mask is cut down to the cpuset. */
class FakeThreads implements Threads {
  readonly loop = LOOP;
  readonly masks = new Map<number, number[]>();
  isForbidden = false;
  private cpuset: readonly number[];

  constructor(cpuset: readonly number[], mask = cpuset) {
    this.cpuset = cpuset;
    for (const thread of [LOOP, 101, 102]) this.masks.set(thread, [...mask]);
  }

  list(): number[] {
    return [...this.masks.keys()];
  }

  affinity(thread: number): number[] {
    return this.masks.get(thread) ?? [];
  }

  pin(thread: number, cpus: readonly number[]): boolean {
    const mask = cpus.filter((cpu) => this.cpuset.includes(cpu));
    if (this.isForbidden || mask.length === 0) throw new WorkerError('ENGINE_AFFINITY');
    if (!this.masks.has(thread)) return false;
    this.masks.set(thread, mask);
    return true;
  }

  allowed(): Allowed {
    return { cpus: this.affinity(LOOP), memoryNodes: [0] };
  }

  /** As kernels do it: masks that still fit stay, others become the cpuset. */
  setCpuset(cpuset: readonly number[]): void {
    this.cpuset = cpuset;
    for (const [thread, mask] of this.masks) {
      const left = mask.filter((cpu) => cpuset.includes(cpu));
      this.masks.set(thread, left.length > 0 ? left : [...cpuset]);
    }
  }
}

describe('Pinning', () => {
  let clock: ManualClock;
  let changes: number;
  let warnings: number;

  beforeEach(() => {
    clock = new ManualClock();
    changes = 0;
    warnings = 0;
  });

  function start(threads: Threads, mode: 'auto' | 'off' = 'auto'): Pinning {
    const count = { write: (): void => void (warnings += 1) };
    const pinning = new Pinning({
      mode,
      threads,
      readMachine: () => MACHINE,
      clock,
      log: pino({ level: 'warn' }, count),
      onChange: () => (changes += 1),
    });
    pinning.start();
    return pinning;
  }

  it('puts the loop on a core and everybody else on others', () => {
    const threads = new FakeThreads([0, 1, 8, 9]);
    const pinning = start(threads);
    expect(Object.fromEntries(threads.masks)).toEqual({ 100: [0], 101: [1, 9], 102: [1, 9] });
    expect(pinning.current).toEqual({
      cpus: [0],
      allowedCpus: [0, 1, 8, 9],
      memoryNodes: [0],
      numaNode: 0,
      alignment: 'aligned',
      isExclusive: true,
      loopCpu: 0,
    });
  });

  it('does not pin when the cpuset is the whole machine, and says so', () => {
    const all = Array.from({ length: 16 }, (_, cpu) => cpu);
    const threads = new FakeThreads(all);
    const pinning = start(threads);
    expect(threads.affinity(LOOP)).toEqual(all);
    expect(pinning.current).toMatchObject({
      isExclusive: false,
      loopCpu: undefined,
      alignment: 'astray',
    });
  });

  it('only looks when it is off', () => {
    const threads = new FakeThreads([0, 8]);
    const pinning = start(threads, 'off');
    expect(threads.affinity(101)).toEqual([0, 8]);
    expect(pinning.current).toMatchObject({ isExclusive: true, loopCpu: undefined });
    threads.setCpuset([8]);
    clock.advance(10_000);
    expect(pinning.current.allowedCpus).toEqual([8]);
    expect(changes).toBe(1);
  });

  it('follows a cpuset that grows, and keeps the loop where it is', () => {
    const threads = new FakeThreads([1, 9]);
    const pinning = start(threads);
    threads.setCpuset([0, 1, 8, 9]);
    clock.advance(10_000);
    expect(pinning.current).toMatchObject({ allowedCpus: [0, 1, 8, 9], loopCpu: 1 });
    expect(threads.affinity(102)).toEqual([0, 8]);
    expect(changes).toBe(1);
    clock.advance(30_000);
    expect(changes).toBe(1);
  });

  it('moves the loop when its CPU is taken away', () => {
    const threads = new FakeThreads([0, 8]);
    const pinning = start(threads);
    threads.setCpuset([5, 13]);
    clock.advance(10_000);
    expect(pinning.current).toMatchObject({ loopCpu: 5, numaNode: 1, alignment: 'astray' });
    expect(threads.affinity(101)).toEqual([13]);
  });

  it('lets everybody go when the cpuset becomes the whole machine', () => {
    const threads = new FakeThreads([0, 8]);
    const pinning = start(threads);
    const all = Array.from({ length: 16 }, (_, cpu) => cpu);
    threads.setCpuset(all);
    clock.advance(10_000);
    expect(pinning.current).toMatchObject({ isExclusive: false, loopCpu: undefined });
    expect([LOOP, 101].map((thread) => threads.affinity(thread))).toEqual([all, all]);
  });

  it('takes threads off the loop that started later, or that were widened', () => {
    const threads = new FakeThreads([0, 1, 8, 9]);
    start(threads);
    threads.masks.set(103, [0]);
    threads.masks.set(LOOP, [0, 1, 8, 9]);
    clock.advance(10_000);
    expect([LOOP, 103].map((thread) => threads.affinity(thread))).toEqual([[0], [1, 9]]);
    expect(changes).toBe(0);
  });

  it('stays within the mask that it was started with', () => {
    const threads = new FakeThreads([0, 1, 8, 9], [1, 9]);
    const pinning = start(threads);
    clock.advance(20_000);
    expect(pinning.current).toMatchObject({ allowedCpus: [1, 9], loopCpu: 1 });
    expect(threads.affinity(101)).toEqual([9]);
  });

  it('works without, complaining once, where it may not pin', () => {
    const threads = new FakeThreads([0, 8]);
    threads.isForbidden = true;
    const pinning = start(threads);
    clock.advance(30_000);
    expect(pinning.current).toMatchObject({ allowedCpus: [0, 8], loopCpu: undefined });
    expect(warnings).toBe(1);
    threads.isForbidden = false;
    clock.advance(10_000);
    expect(pinning.current.loopCpu).toBe(0);
  });
});
