import path from 'node:path';
import type { CrowdReport } from '@streamcluster/bench';
import { Child } from '../harness/child.ts';
import { eventuallyTrue } from '../harness/eventually.ts';
import { NODE, ROOT } from '../harness/paths.ts';

const SEEN_MS = 60_000;

export interface CrowdOptions {
  /** Literal address; this machine's by default. */
  readonly host?: string;
  readonly port: number;
  readonly app: string;
  readonly streams: number;
  readonly viewers: number;
  /** Share of the viewers of the first stream; 0: all streams have as many. */
  readonly hot: number;
  /** Seconds within which they come. */
  readonly within: number;
  /** Of them leave in a second, and as many come. */
  readonly leave: number;
  /** It stops by itself. */
  readonly seconds: number;
  /** Parameters of the addresses. */
  readonly query?: string;
  /** What is published; small by default. */
  readonly clip?: 'small' | 'idle';
}

/** Viewers in a process of their own, each of whom compares every tag with what is published. */
export class CheckedCrowd {
  private readonly child: Child;

  private constructor(child: Child) {
    this.child = child;
  }

  /** Resolves when all have come and see something. */
  static async come(options: CrowdOptions): Promise<CheckedCrowd> {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = new Child(NODE, [path.join(ROOT, 'bench/src/watch.ts'), ...args]);
    const patienceMs = options.within * 1000 + SEEN_MS;
    await eventuallyTrue(`${options.viewers} viewers see something`, patienceMs, () => {
      if (!child.running) throw new Error(child.output);
      return child.output.includes(`watching ${options.viewers}`);
    });
    return new CheckedCrowd(child);
  }

  /** What they have seen until now. */
  async leave(): Promise<CrowdReport> {
    const { output } = await this.child.stop();
    const line = output.trimEnd().split('\n').at(-1) ?? '';
    return JSON.parse(line) as CrowdReport;
  }
}
