import type { MoveDecision, ReplicasDecision } from './decision.ts';

type StreamChange = MoveDecision | ReplicasDecision;

/** What a cycle does to streams, each at most once, within its budget. */
export class CycleChanges {
  readonly all: StreamChange[] = [];
  private readonly allowed: number;
  private readonly touched = new Set<string>();

  constructor(allowed: number) {
    this.allowed = allowed;
  }

  /** How many streams may be touched yet. */
  get left(): number {
    return this.allowed - this.all.length;
  }

  get streams(): readonly string[] {
    return [...this.touched];
  }

  touches(stream: string): boolean {
    return this.touched.has(stream);
  }

  add(changes: readonly StreamChange[]): void {
    this.all.push(...changes);
    for (const { stream } of changes) this.touched.add(stream);
  }
}
