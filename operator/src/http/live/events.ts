import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { realClock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import type { ConsoleAuth } from '../auth/console-auth.ts';
import { identityOf } from '../auth/identity.ts';
import { isForwarded } from '../forwarded.ts';
import type { ClusterView } from '../view.ts';
import { clusterItems } from './cluster-items.ts';
import { Hub } from './hub.ts';
import { SseFollower } from './sse-follower.ts';
import { topicItems } from './topic-items.ts';
import { topicsOf } from './topic.ts';

export interface EventsOptions {
  readonly clusters: () => readonly ClusterView[];
  /** Somebody else leads, who knows more. */
  readonly hasLeader: () => boolean;
  readonly auth: Pick<ConsoleAuth, 'isStillIn'>;
  readonly log: Logger;
}

const MAX_OPEN = 200;
/** The page waits for some of them before it says that nobody answers (live.js). */
const BEAT_MS = 5_000;
const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // nginx holds answers back otherwise.
  'x-accel-buffering': 'no',
};

/**
 * `GET /api/v1/events?topics=…`: server-sent events. `all` has everything of a topic,
 * `change` what is otherwise since then.
 */
export function registerEvents(app: FastifyInstance, options: EventsOptions): void {
  const { clusters, hasLeader, auth, log } = options;
  const hub = new Hub({
    look: (topic) => topicItems(topic, clusters(), clusterItems),
    clock: realClock,
    log,
  });
  const open = new Set<ServerResponse>();
  app.addHook('preClose', (done) => {
    for (const response of open) response.destroy();
    hub.close();
    done();
  });
  app.get<{ Querystring: { topics?: string } }>('/api/v1/events', (request, reply) => {
    const topics = topicsOf(request.query.topics);
    if (open.size >= MAX_OPEN) throw new OperatorError('TOO_MANY', 'pages are open');
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, HEADERS);
    open.add(response);
    const follower = new SseFollower(response, () => realClock.nowMs());
    const leave = hub.follow(topics, follower);
    const mayLeave = !isForwarded(request);
    const isLookedAfter = identityOf(request).isVouchedFor === true;
    const timer = setInterval(() => {
      // The page connects again, and is passed on.
      if (mayLeave && hasLeader()) response.end();
      // Who logged out, or whose token was taken back, learns nothing more.
      else if (!isLookedAfter && !auth.isStillIn(request)) response.end();
      else follower.beat();
    }, BEAT_MS).unref();
    response.on('close', () => {
      open.delete(response);
      clearInterval(timer);
      leave();
    });
  });
}
