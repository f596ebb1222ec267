/** Something that was decided about where a stream is served. */
export interface StreamDecision {
  readonly unixMs: number;
  /** What: `Place`, or a change of who serves it. */
  readonly kind: string;
  /** For people. */
  readonly why: string;
  /** In one word. */
  readonly outcome: string;
  /** Of `Place`: who was to become the home. */
  readonly home?: string;
}

/** More than any page shows of streams that changed lately. */
const MAX_STREAMS = 20_000;
/** A stream that was just placed is not in the directory yet. */
const YOUNG_MS = 30_000;

/** The last decision on each stream; the oldest are forgotten first. */
export class StreamDecisions {
  private readonly last = new Map<string, StreamDecision>();

  note(stream: string, decision: StreamDecision): void {
    this.last.delete(stream);
    this.last.set(stream, decision);
    const [oldest] = this.last.keys();
    if (this.last.size > MAX_STREAMS && oldest !== undefined) this.last.delete(oldest);
  }

  get(stream: string): StreamDecision | undefined {
    return this.last.get(stream);
  }

  /** The newest first. */
  recent(count: number): { readonly stream: string; readonly decision: StreamDecision }[] {
    const all = [...this.last].slice(-count).reverse();
    return all.map(([stream, decision]) => ({ stream, decision }));
  }

  /** Drops those of streams that are no more. */
  retain(streams: { has(stream: string): boolean }, unixMs: number): void {
    for (const [stream, decision] of this.last) {
      const isYoung = unixMs - decision.unixMs < YOUNG_MS;
      if (!isYoung && !streams.has(stream)) this.last.delete(stream);
    }
  }

  clear(): void {
    this.last.clear();
  }
}
