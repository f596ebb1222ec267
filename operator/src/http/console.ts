import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { registerActions } from './actions/routes.ts';
import type { ConsoleAuth } from './auth/console-auth.ts';
import { registerLogin } from './auth/login.ts';
import { registerEvents } from './live/events.ts';
import { registerLooks } from './looks/looks.ts';
import { finderOf } from './params.ts';
import { hasFfmpeg } from './thumbnails/ffmpeg.ts';
import { registerThumbnails } from './thumbnails/route.ts';
import type { ClusterView } from './view.ts';

export interface ConsoleOptions {
  readonly clusters: () => readonly ClusterView[];
  readonly auth: ConsoleAuth;
  readonly hasLeader: () => boolean;
  readonly log: Logger;
}

/** What the page needs beside the JSON API. */
export function registerConsole(app: FastifyInstance, options: ConsoleOptions): void {
  const { clusters, auth, hasLeader, log } = options;
  const find = finderOf(clusters);
  const hasThumbnails = hasFfmpeg();
  registerLogin(app, auth, () => ({ hasThumbnails }));
  registerEvents(app, { clusters, hasLeader, auth, log });
  registerLooks(app, find);
  registerThumbnails(app, find, hasThumbnails);
  registerActions(app, find, log);
}
