import type { ServerFactory } from './server.ts';
import type { Servers } from './servers.ts';

/** Our worker. Workers of the same `servers` make one cluster. */
export function workerFactory(servers: Servers): ServerFactory {
  return {
    kind: 'worker',
    tasks: ['flv', 'rtmp', 'ingest', 'playlist', 'segment', 'https-flv', 'https-segment'],
    available: () => Promise.resolve(undefined),
    start: (need) => servers.startWorker({ ticks: need, tls: need.tls }),
  };
}
