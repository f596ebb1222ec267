import type { Clock } from '../clock.ts';
import type { RuntimeProblem } from '../reconcile/runtime.ts';

/** A node that refused a worker has its CPUs cut up; that lasts. */
const AVOID_MS = 300_000;
/** Else a cluster in which all refuse would remember every node it ever had. */
const MAX_NODES = 100;

interface Refusal {
  readonly untilMs: number;
  readonly detail: string;
}

/** Nodes that refused a worker for its topology lately. */
export class AvoidedNodes {
  private readonly clock: Clock;
  private readonly refusals = new Map<string, Refusal>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  note(node: string, detail: string): void {
    this.refusals.delete(node);
    this.refusals.set(node, { untilMs: this.clock.nowMs() + AVOID_MS, detail });
    const [oldest] = this.refusals.keys();
    if (this.refusals.size > MAX_NODES && oldest !== undefined) this.refusals.delete(oldest);
  }

  list(): readonly string[] {
    const nowMs = this.clock.nowMs();
    for (const [node, { untilMs }] of this.refusals) {
      if (nowMs >= untilMs) this.refusals.delete(node);
    }
    return [...this.refusals.keys()];
  }

  problems(): readonly RuntimeProblem[] {
    const nodes = this.list();
    const [first] = nodes;
    if (first === undefined) return [];
    const detail = this.refusals.get(first)?.detail ?? '';
    const message = `${nodes.join(', ')} refused a worker and is avoided: ${detail}`;
    return [{ reason: 'TopologyRejected', message }];
  }
}
