import type { ServerCounters, ServerUnderTest } from '../server/server.ts';
import { measureWindow, processShare } from './window.ts';

/** Counts that only grow, read at both ends of a window. */
export interface Progress {
  /** Delivered, or taken in. */
  readonly bytes: number;
  readonly units: number;
}

/** What every measurement has in common; shares are of 1. */
export interface Sample {
  readonly busy: number;
  readonly generatorBusy: number;
  readonly rssBytes: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly unitsPerSecond: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Calls of send and read; undefined where the server does not count them. */
  readonly callsPerUnit: number | undefined;
}

export interface SampleOptions {
  readonly seconds: number;
  /** What the server's CPU did before anything was started. */
  readonly idleBusy: number;
}

/** Measures a server for a time, at whose ends `progress` is asked. */
export async function takeSample(
  server: ServerUnderTest,
  { seconds, idleBusy }: SampleOptions,
  progress: () => Progress,
): Promise<Sample> {
  const before = await server.counters();
  const window = await measureWindow(seconds, () => ({ ...progress(), cpuMs: server.cpuMs() }));
  const calls = callsBetween(before, await server.counters());
  const { bytes = 0, units = 0 } = window.deltas;
  return {
    busy: Math.max(0, window.server.busy - idleBusy),
    generatorBusy: window.generator.busy,
    rssBytes: server.residentBytes(),
    seconds: window.seconds,
    bytes,
    unitsPerSecond: units / window.seconds,
    figures: { processShare: processShare(window), stolenShare: window.server.steal },
    callsPerUnit: calls === undefined || units === 0 ? undefined : calls / units,
  };
}

/** Undefined: the server counts neither. */
function callsBetween(from: ServerCounters, to: ServerCounters): number | undefined {
  if (to.sendCalls === undefined && to.readCalls === undefined) return undefined;
  const sends = (to.sendCalls ?? 0) - (from.sendCalls ?? 0);
  return sends + (to.readCalls ?? 0) - (from.readCalls ?? 0);
}
