import { expect } from 'vitest';
import type { Watch } from '../../stream/testing/rig.ts';

const FRAME_MS = 40;
const VIDEO = 9;

/** A viewer's pictures, and whether any was lost or came twice. */
export class Pictures {
  private readonly watch: Watch;
  private readonly timesMs: number[] = [];
  private isFirst = true;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  /** Takes what came; throws unless each picture came 40 ms behind the one before. */
  check(): number {
    const tags = this.watch.tags(this.isFirst);
    this.isFirst = false;
    // Configurations come first, with the time of the first picture.
    const pictures = tags.filter(({ kind, body }) => kind === VIDEO && body[1] === 1);
    this.timesMs.push(...pictures.map(({ timestampMs }) => timestampMs));
    const gaps = this.timesMs.slice(1).map((timeMs, at) => timeMs - (this.timesMs[at] ?? 0));
    expect(gaps.filter((gapMs) => gapMs !== FRAME_MS)).toEqual([]);
    expect(this.watch.closed).toEqual([]);
    return this.timesMs.length;
  }

  get lastMs(): number {
    return this.timesMs.at(-1) ?? -1;
  }
}
