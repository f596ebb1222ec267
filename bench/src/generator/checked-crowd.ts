import type { CheckedViewer } from './checked-viewer.ts';

/** What a crowd has seen. */
export interface CrowdReport {
  readonly came: number;
  readonly left: number;
  /** The server closed them, or refused them. */
  readonly cut: number;
  /** Were redirected at least once. */
  readonly redirected: number;
  readonly tags: number;
  /** Got something else than what is published, or nothing at all. */
  readonly wrong: number;
  readonly firstFaults: readonly string[];
}

const FAULTS_SHOWN = 5;
const STEP_MS = 20;

export interface CrowdPlan {
  readonly count: number;
  /** They come one by one within so long. */
  readonly withinMs: number;
  /** Of all, who leaves in a second; as many come. */
  readonly leaveShare: number;
}

/** Viewers who come, leave and are replaced, each of whom compares what it gets. */
export class CheckedCrowd {
  private readonly plan: CrowdPlan;
  private readonly open: (number: number) => CheckedViewer;
  private readonly present: CheckedViewer[] = [];
  private readonly gone: CheckedViewer[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly startedMs = performance.now();
  private came = 0;

  constructor(plan: CrowdPlan, open: (number: number) => CheckedViewer) {
    this.plan = plan;
    this.open = open;
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  /** All of the first ones have come and see something. */
  get isComplete(): boolean {
    return (
      this.came >= this.plan.count && this.present.every(({ tags, isCut }) => tags > 0 || isCut)
    );
  }

  /** Stops the coming and going. */
  leave(): CrowdReport {
    clearInterval(this.timer);
    const all = [...this.gone, ...this.present];
    for (const viewer of this.present) viewer.leave();
    const faults = all.flatMap(({ error }) => error ?? []);
    return {
      ...{ came: all.length, left: this.gone.length },
      cut: all.filter(({ isCut }) => isCut).length,
      redirected: all.filter(({ redirects }) => redirects > 0).length,
      tags: all.reduce((sum, { tags }) => sum + tags, 0),
      wrong: faults.length,
      firstFaults: faults.slice(0, FAULTS_SHOWN),
    };
  }

  private step(): void {
    const elapsedMs = performance.now() - this.startedMs;
    const { count, withinMs, leaveShare } = this.plan;
    while (this.came < count && (this.came * withinMs) / count <= elapsedMs) this.comeOne();
    const goneByNow = ((elapsedMs - withinMs) / 1000) * leaveShare * count;
    while (this.came >= count && this.gone.length < goneByNow) this.replaceOne();
  }

  private comeOne(): void {
    this.present.push(this.open(this.came));
    this.came += 1;
  }

  /** Whoever it is: anybody leaves. */
  private replaceOne(): void {
    const at = Math.floor(Math.random() * this.present.length);
    const [viewer] = this.present.splice(at, 1);
    if (viewer === undefined) return;
    viewer.leave();
    this.gone.push(viewer);
    this.comeOne();
  }
}
