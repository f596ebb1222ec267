import type { Clock } from '../clock.ts';
import type { WorkerInstance } from '../reconcile/runtime.ts';

/** The cache shows a write by then, or the write did not last. */
const EXPECTED_WITHIN_MS = 10_000;

/** An operation whose outcome the cache does not show yet. */
interface Expected {
  readonly untilMs: number;
  readonly instance: WorkerInstance;
}

/**
 * What we wrote and the cache does not have yet: without this a pass that comes
 * at once would start and drain workers a second time.
 */
export class Expectations {
  private readonly clock: Clock;
  private readonly created = new Map<string, Expected>();
  private readonly deletedMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  onCreated(instance: WorkerInstance): void {
    const untilMs = this.clock.nowMs() + EXPECTED_WITHIN_MS;
    this.created.set(instance.name, { untilMs, instance });
  }

  onDeleted(name: string): void {
    this.created.delete(name);
    this.deletedMs.set(name, this.clock.nowMs() + EXPECTED_WITHIN_MS);
  }

  /** The cache's instances, and what is known better. */
  overlay(instances: readonly WorkerInstance[]): readonly WorkerInstance[] {
    if (this.created.size + this.deletedMs.size === 0) return instances;
    const names = new Set(instances.map(({ name }) => name));
    this.forget(names);
    const missing = [...this.created.values()].map(({ instance }) => instance);
    const known = instances.map((one) =>
      one.phase === 'running' && this.deletedMs.has(one.name)
        ? ({ ...one, phase: 'stopping' } as const)
        : one,
    );
    return [...known.filter((one) => !this.isGone(one)), ...missing];
  }

  /** An ended pod that was deleted is as good as gone, though the cache may show
   * it for a moment: its slot, and the back-off of the slot, are its successor's. */
  private isGone({ name, phase, exit }: WorkerInstance): boolean {
    const hasEnded = phase === 'exited' || exit !== undefined;
    return hasEnded && this.deletedMs.has(name);
  }

  private forget(names: ReadonlySet<string>): void {
    const nowMs = this.clock.nowMs();
    for (const [name, { untilMs }] of this.created) {
      if (names.has(name) || nowMs >= untilMs) this.created.delete(name);
    }
    for (const [name, untilMs] of this.deletedMs) {
      if (!names.has(name) || nowMs >= untilMs) this.deletedMs.delete(name);
    }
  }
}
