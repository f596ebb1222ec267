import { connectionObjects, engineObjects, streamObject } from '../admin/objects-view.ts';
import { loopParts } from '../engine/loop-window.ts';
import { realClock } from '../stream/clock.ts';
import type { WorkerParts } from './worker-parts.ts';

/** `/debug/loop`: where the loop's time goes. */
export function debugLoop({
  engine,
  pinning,
  streams,
  loop,
  sampler,
  cluster,
}: WorkerParts): object {
  const stats = engine.stats();
  return {
    affinity: engine.affinity(),
    cpu: pinning.current,
    ticks: { sendMs: stats.sendTickMs, readMs: stats.readTickMs },
    sinceStart: loopParts(stats, streams.packaging.totalMs),
    sinceLastLook: loop.look(),
    latest: sampler.latest,
    admission: cluster?.admission.describe(),
    engine: stats,
  };
}

/** `/debug/totals`: the same since the start, for whoever looks again and again. */
export function debugTotals({ engine, pinning, streams }: WorkerParts): object {
  const stats = engine.stats();
  return {
    unixMs: realClock.unixMs(),
    activeMs: stats.activeMs,
    parts: loopParts(stats, streams.packaging.totalMs),
    ticks: { sendMs: stats.sendTickMs, readMs: stats.readTickMs },
    sendCalls: stats.sendCallsTotal,
    readCalls: stats.readCallsTotal,
    lateCursors: stats.lateCursorsTotal,
    arena: {
      inUseBytes: stats.arenaInUseBytes,
      recycledBytes: stats.arenaRecycledBytes,
      capBytes: engine.arenaCapBytes,
    },
    cpu: pinning.current,
  };
}

/** `/debug/objects`: what the worker holds. */
export function debugObjects({ engine, streams, cluster }: WorkerParts): object {
  return {
    memory: process.memoryUsage(),
    engine: engineObjects(engine),
    connections: connectionObjects(engine.connections()),
    streams: streams.list().map(streamObject),
    claims: cluster?.claims.size ?? 0,
    relays: cluster?.relays.describe() ?? [],
    directoryEntries: cluster?.directory.size ?? 0,
    workers: cluster?.workers.live() ?? [],
  };
}
