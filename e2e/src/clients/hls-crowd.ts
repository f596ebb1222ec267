import path from 'node:path';
import { Child } from '../harness/child.ts';
import { eventuallyTrue } from '../harness/eventually.ts';
import { NODE, ROOT } from '../harness/paths.ts';

const BEGUN_MS = 40_000;

export interface HlsCrowdOptions {
  readonly port: number;
  readonly app: string;
  readonly streams: number;
  readonly players: number;
  /** Seconds within which they come. */
  readonly within: number;
  /** It stops by itself. */
  readonly seconds: number;
}

/** What all of them saw. */
interface HlsCrowdReport {
  readonly playlists: number;
  readonly segments: number;
  /** Addresses of segments. */
  readonly different: number;
  readonly bytes: number;
  /** Refusals, cut connections, segments that had other bytes for others. */
  readonly faults: number;
  readonly fault?: string;
}

/** Players of HLS in a process of their own: without cookies, all of one address and of
 * one user agent. They compare the bytes of the segments that they get. */
export class HlsCrowd {
  private readonly child: Child;

  private constructor(child: Child) {
    this.child = child;
  }

  /** Resolves when each has fetched a segment. */
  static async come(options: HlsCrowdOptions): Promise<HlsCrowd> {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = new Child(NODE, [path.join(ROOT, 'bench/src/play.ts'), ...args]);
    const patienceMs = options.within * 1000 + BEGUN_MS;
    await eventuallyTrue(`${options.players} players play`, patienceMs, () => {
      if (!child.running) throw new Error(child.output);
      return child.output.includes(`playing ${options.players}`);
    });
    return new HlsCrowd(child);
  }

  async leave(): Promise<HlsCrowdReport> {
    const { output } = await this.child.stop();
    return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as HlsCrowdReport;
  }
}
