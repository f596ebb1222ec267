import type { Random } from '@streamcluster/placement';
import type { Cluster } from './cluster.ts';
import type { Part, SimStream, SimWorker, ViewerKind } from './parts.ts';

/** All viewers, each with the part that serves it. */
export class Audience {
  /** Viewers whose connection ended before they wanted to go. */
  interrupted = 0;
  private readonly cluster: Cluster;
  private readonly parts: Part[] = [];
  private readonly kinds: ViewerKind[] = [];
  /** How often each was interrupted. */
  private readonly cuts: number[] = [];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  get size(): number {
    return this.parts.length;
  }

  /** Highest number of interruptions that one of those who watch has met. */
  get mostCuts(): number {
    return this.cuts.reduce((most, cuts) => Math.max(most, cuts), 0);
  }

  join(stream: SimStream, worker: SimWorker, kind: ViewerKind): void {
    this.parts.push(this.cluster.join(stream, worker, kind));
    this.kinds.push(kind);
    this.cuts.push(0);
  }

  partAt(index: number): Part | undefined {
    return this.parts[index];
  }

  kindAt(index: number): ViewerKind {
    return this.kinds[index] ?? 'stays';
  }

  /** It is served by another worker from now on. */
  move(index: number, worker: SimWorker): void {
    const part = this.parts[index];
    if (part === undefined || part.worker === worker) return;
    const kind = this.kindAt(index);
    this.parts[index] = this.cluster.join(part.stream, worker, kind);
    this.cluster.leave(part, kind);
  }

  /** Some go, whoever they are. */
  leaveAny(count: number, random: Random): void {
    for (let i = 0; i < count && this.size > 0; i += 1) {
      this.leaveAt(Math.floor(random.next() * this.size));
    }
  }

  /** Some of one stream go; for when nearly all of those who go watch it. */
  leaveStream(stream: SimStream, count: number): void {
    let left = count;
    for (let index = this.size - 1; index >= 0 && left > 0; index -= 1) {
      if (this.parts[index]?.stream !== stream) continue;
      this.leaveAt(index);
      left -= 1;
    }
  }

  /**
   * Connections to a worker end; everybody connects again, to where `landing`
   * says. Who asks anew does not notice while the worker still answers.
   */
  cut(worker: SimWorker, isSudden: boolean, landing: (part: Part) => SimWorker | undefined): void {
    for (const [index, part] of this.parts.entries()) {
      if (part.worker !== worker) continue;
      if (isSudden || this.kindAt(index) === 'stays') {
        this.interrupted += 1;
        this.cuts[index] = (this.cuts[index] ?? 0) + 1;
      }
      const next = landing(part);
      if (next !== undefined) this.move(index, next);
    }
  }

  private leaveAt(index: number): void {
    const part = this.parts[index];
    const last = this.size - 1;
    if (part === undefined) return;
    this.cluster.leave(part, this.kindAt(index));
    for (const items of [this.parts, this.kinds, this.cuts]) fill(items, index, last);
  }
}

/** The last one takes the place of the one that goes. */
function fill(items: unknown[], index: number, last: number): void {
  items[index] = items[last];
  items.pop();
}
