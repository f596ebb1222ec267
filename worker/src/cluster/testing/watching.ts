import { expect } from 'vitest';
import type { Watch } from '../../stream/testing/rig.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { Sim } from './sim.ts';

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

/** Whom each worker pulls the stream from, by its connections that are open. */
export function upstreams(sim: Sim, name: StreamName): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, isUp, cluster } of sim.workers.values()) {
    const relay = cluster.relays.get(name.key)?.relay;
    const worker = relay?.isConnected === true ? relay.upstreamWorker : undefined;
    if (isUp && worker !== undefined) found.set(id, worker);
  }
  return found;
}

/** Steps from each worker that pulls to one that does not; throws at a circle. */
export function depths(sim: Sim, name: StreamName): Map<string, number> {
  const up = upstreams(sim, name);
  return new Map(
    [...up.keys()].map((start) => {
      let steps = 0;
      for (let at = up.get(start); at !== undefined; at = up.get(at)) {
        steps += 1;
        if (steps > up.size) throw new Error(`a circle from ${start}: ${JSON.stringify([...up])}`);
      }
      return [start, steps];
    }),
  );
}
