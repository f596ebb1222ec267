import { floor } from './floor.ts';
import { lal } from './peers/lal.ts';
import { nginx, nginxRtmp } from './peers/nginx.ts';
import { nodeMediaServer } from './peers/node-media-server.ts';
import type { ServerFactory } from './server.ts';
import type { Servers } from './servers.ts';
import { workerBeforeSessionsFactory, workerFactory } from './worker-factory.ts';

/** All that can be under test: our worker, the floor, then what others use. */
export function serverFactories(servers: Servers): readonly ServerFactory[] {
  const own = [workerFactory(servers), workerBeforeSessionsFactory(servers)];
  return [...own, floor, nginxRtmp, nginx, nodeMediaServer, lal];
}
