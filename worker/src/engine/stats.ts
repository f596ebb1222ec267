import type { EngineStats } from './engine.ts';

/** In the order of stats_fill() in worker/native/src/stats.c. */
const FIELDS = [
  'connections',
  'cursors',
  'logs',
  'extents',
  'queueItems',
  'acceptedTotal',
  'acceptErrorsTotal',
  'bytesReceivedTotal',
  'bytesSentTotal',
  'readCallsTotal',
  'sendCallsTotal',
  'lateCursorsTotal',
  'overflowsTotal',
  'arenaInUseBytes',
  'arenaRecycledBytes',
  'arenaEmptiedBytesTotal',
  'queuedBytes',
  'sendTickMs',
  'readTickMs',
  'activeMs',
  'turnsTotal',
  'ticksTotal',
  'batchesTotal',
  'readMs',
  'jsMs',
  'sendMs',
  'houseMs',
  'tickReadMs',
  'tickSendMs',
  'tlsConnections',
  'tlsHandshakesTotal',
  'tlsResumedTotal',
  'tlsFailuresTotal',
  'tlsWaitingBytes',
  'repeatsTotal',
] as const satisfies readonly (keyof EngineStats)[];

export function readStats(values: Float64Array): EngineStats {
  const entries = FIELDS.map((name, i) => [name, values[i] ?? 0] as const);
  return Object.fromEntries(entries) as Record<(typeof FIELDS)[number], number>;
}
