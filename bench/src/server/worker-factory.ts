import { workerBeforeSessions } from './earlier-worker.ts';
import type { ServerFactory } from './server.ts';
import type { Servers } from './servers.ts';

/** Our worker. Workers of the same `servers` make one cluster. */
export function workerFactory(servers: Servers): ServerFactory {
  return {
    kind: 'worker',
    tasks: ['flv', 'rtmp', 'ingest', 'playlist', 'segment', 'hls', 'https-flv', 'https-segment'],
    available: () => Promise.resolve(undefined),
    start: (need) => servers.startWorker({ ticks: need, tls: need.tls }),
  };
}

/** What sessions are compared with: git has to have the revision. */
export function workerBeforeSessionsFactory(servers: Servers): ServerFactory {
  return {
    kind: 'worker-before-sessions',
    tasks: ['hls'],
    async available() {
      try {
        await workerBeforeSessions();
        return undefined;
      } catch (error) {
        return `its revision cannot be had: ${(error as Error).message}`;
      }
    },
    start: async (need) => {
      return servers.startWorker({ ticks: need, root: await workerBeforeSessions() });
    },
  };
}
