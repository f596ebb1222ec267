import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../clock.ts';
import { eventually } from '../testing/eventually.ts';
import { KubeClient } from './client.ts';
import { EventRecorder } from './events.ts';
import { Informer } from './informer.ts';
import { LeaderElection } from './lease.ts';
import { resources, type Pod } from './resources.ts';
import {
  answer,
  eventLine,
  FakeApiServer,
  fakePod,
  isWatch,
  podList,
  refuse,
  type Handler,
} from './testing/fake-api-server.ts';
import { FastClock } from './testing/fast-clock.ts';
import { keptLog, type LogLine } from './testing/kept-log.ts';
import { WorkQueue } from './work-queue.ts';

/** A minute goes by in one second. */
const FACTOR = 60;
const MINUTE_MS = 1_000;
const PATIENCE_MS = 20_000;
const POD = { kind: 'Pod', namespace: 'media', name: 'a', uid: 'u' };
/** Who asks: the informer, the election, Events, the work. */
const PATHS = [/\/pods\?/, /\/leases/, /\/events/, /\/services\/a$/];
/** That they go on at all. */
const LEAST = [2, 2, 1, 2];
/**
 * From half a second to half a minute it is eight or nine; the election asks each two seconds. The bars
 * leave room for delays that are drawn short: a loop without pauses asks hundreds of times.
 */
const MOST = [14, 40, 14, 14];

const AT_ONCE: Handler = (_request, response) => {
  response.setHeader('Retry-After', '0');
  refuse(response, 429, 'TooManyRequests');
};

const TROUBLES: readonly (readonly [string, Handler])[] = [
  ['answers 500', (_request, response) => refuse(response, 500, 'InternalError')],
  ['answers 401', (_request, response) => refuse(response, 401, 'Unauthorized')],
  ['answers 403', (_request, response) => refuse(response, 403, 'Forbidden')],
  ['answers 429', (_request, response) => refuse(response, 429, 'TooManyRequests')],
  ['answers 429 and wants to be asked at once', AT_ONCE],
  ['answers what is no JSON', (_request, response) => void response.end('ok')],
  ['cuts connections', (_request, response) => void response.socket?.destroy()],
];

const WATCH_TROUBLES: readonly (readonly [string, Handler])[] = [
  ['ends at once', (_request, response) => void response.end()],
  ['is gone', (_request, response) => refuse(response, 410, 'Expired')],
  [
    'is gone after an event',
    (_request, response) => {
      response.write(eventLine('ADDED', fakePod('c', '6')));
      response.end(eventLine('ERROR', { code: 410, reason: 'Expired' }));
    },
  ],
  [
    'ends after an event',
    (_request, response) => void response.end(eventLine('ADDED', fakePod('c', '6'))),
  ],
];

let server: FakeApiServer;
let client: KubeClient;
let log: Logger;
let lines: LogLine[];
const clock = new FastClock(FACTOR);

beforeEach(async () => {
  server = await FakeApiServer.start((_request, response) => refuse(response, 500, ''));
  client = new KubeClient({ load: server.load, version: '1', clock: realClock });
  await client.prepare();
  ({ log, lines } = keptLog());
});

afterEach(async () => {
  client.close();
  await server.close();
});

function newInformer(): Informer<Pod> {
  return new Informer<Pod>({ client, resource: resources.pods, clock, log });
}

function newElection(): LeaderElection {
  return new LeaderElection({
    client,
    namespace: 'media',
    name: 'operator',
    identity: 'a_127.0.0.1:1',
    onStarted: () => expect.unreachable(),
    onStopped: () => Promise.resolve(),
    clock,
    log,
  });
}

function newQueue(): WorkQueue {
  const work = async (): Promise<void> => {
    await client.get(resources.services, { namespace: 'media', name: 'a' });
  };
  return new WorkQueue({ parallel: 4, clock, log: keptLog().log, work });
}

/** Requests, by who asks. */
function counts(): number[] {
  return PATHS.map((path) => server.requests.filter(({ url }) => path.test(url)).length);
}

/** A minute, or longer where a busy machine needs it until there is proof; returns how many had begun. */
async function oneMinute(isProven: () => boolean): Promise<number> {
  const startMs = performance.now();
  await sleep(MINUTE_MS);
  await eventually('requests', PATIENCE_MS, isProven);
  return Math.ceil((performance.now() - startMs) / MINUTE_MS);
}

describe.each(TROUBLES)('where the server %s', (_what, handler) => {
  /** What is asked to ask again does so four times. */
  const tries = handler === AT_ONCE ? 4 : 1;

  it('everybody asks a few times a minute', async () => {
    server.handler = handler;
    const informer = newInformer();
    const election = newElection();
    const recorder = new EventRecorder({ client, instance: 'a', clock, log: keptLog().log });
    const queue = newQueue();
    recorder.record(POD, { type: 'Normal', reason: 'Tested', message: 'x' });
    for (const one of [informer, election, queue]) one.start();
    queue.add('a');
    const minutes = await oneMinute(() => counts().every((count, at) => count >= LEAST[at]!));
    const seen = counts();
    await Promise.all([informer.close(), election.close(), recorder.close(), queue.stop()]);

    seen.forEach((count, at) => {
      expect(count).toBeLessThanOrEqual(MOST[at]! * tries * minutes);
    });
    expect(recorder.counts).toEqual({ sent: 0, dropped: 0, failed: 1 });
    const complaints = lines.map(({ msg }) => msg).sort();
    expect(complaints).toEqual(['lease not readable or writable', 'watch lost']);
  });
});

describe('where nobody listens', () => {
  it('the informer tries a few times a minute', async () => {
    await server.close();
    let tried = 0;
    const counting = new KubeClient({
      load: server.load,
      version: '1',
      clock: realClock,
      onRequest: () => {
        tried += 1;
      },
    });
    const informer = new Informer<Pod>({ client: counting, resource: resources.pods, clock, log });
    informer.start();
    const minutes = await oneMinute(() => tried >= LEAST[0]!);
    const seen = tried;
    await informer.close();
    counting.close();
    expect(seen).toBeLessThanOrEqual(MOST[0]! * minutes);
  });
});

describe.each(WATCH_TROUBLES)('where each watch %s', (_what, handler) => {
  it('the informer lists and watches a few times a minute', async () => {
    server.handler = (request, response) => {
      if (isWatch(request)) handler(request, response);
      else answer(response, podList([fakePod('a')], '5'));
    };
    const informer = newInformer();
    informer.start();
    const minutes = await oneMinute(() => server.count('GET', 'watch=true') >= LEAST[0]!);
    const seen = server.requests.length;
    await informer.close();
    expect(seen).toBeLessThanOrEqual(2 * MOST[0]! * minutes);
  });
});
