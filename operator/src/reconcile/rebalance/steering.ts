import { isLeaving, isSteeredOff } from '../leaving.ts';
import type { WorkerInstance } from '../runtime.ts';
import type { Observation } from '../step.ts';

const NOBODY: ReadonlySet<string> = new Set();
/** Of all workers, those who take nobody for another reason counted. */
const MAX_OFF_SHARE = 1 / 3;
/** Whom no plan names for so long is let back: old loads say nothing. */
const HOLD_MS = 30_000;

/** Whom new connections are kept away from for balance, by the last plan. */
export class Steering {
  private closed: readonly string[] = [];
  private plannedAtMs = -Infinity;
  private hasBegun = false;

  /** What another operator left is as if it had just been planned. */
  begin({ instances, nowMs }: Observation): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const left = instances.filter(isSteeredOff);
    this.plan(
      left.map(({ name }) => name),
      nowMs,
    );
  }

  /** The busiest first. */
  plan(closed: readonly string[], nowMs: number): void {
    this.closed = closed;
    this.plannedAtMs = nowMs;
  }

  clear(): void {
    this.closed = [];
  }

  /** Those of them that may be off at this moment: workers come and go between plans. */
  off({ instances, nowMs }: Pick<Observation, 'instances' | 'nowMs'>): ReadonlySet<string> {
    if (this.closed.length === 0 || nowMs - this.plannedAtMs > HOLD_MS) return NOBODY;
    const running = instances.filter(({ phase }) => phase === 'running');
    const open = new Set(running.filter(takesConnections).map(({ name }) => name));
    const most = Math.floor(running.length * MAX_OFF_SHARE) - (running.length - open.size);
    const closed = this.closed.filter((name) => open.has(name));
    return new Set(closed.slice(0, Math.max(0, most)));
  }
}

function takesConnections(instance: WorkerInstance): boolean {
  return instance.isReady && !isLeaving(instance);
}
