import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../clock.ts';
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
/** Half a second at first, half a minute at last: eight tries in a minute. */
const MAX_WATCH_REQUESTS = 14;
/** One read each two seconds. */
const MAX_LEASE_REQUESTS = 31;
const MAX_EVENT_REQUESTS = 8;
const MAX_QUEUE_REQUESTS = 12;

const TROUBLES: readonly (readonly [string, Handler])[] = [
  ['answers 500', (_request, response) => refuse(response, 500, 'InternalError')],
  ['answers 401', (_request, response) => refuse(response, 401, 'Unauthorized')],
  ['answers 403', (_request, response) => refuse(response, 403, 'Forbidden')],
  ['answers 429', (_request, response) => refuse(response, 429, 'TooManyRequests')],
  [
    'answers 429 and wants to be asked at once',
    (_request, response) => {
      response.setHeader('Retry-After', '0');
      refuse(response, 429, 'TooManyRequests');
    },
  ],
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
let lines: LogLine[];
const clock = new FastClock(FACTOR);

beforeEach(async () => {
  server = await FakeApiServer.start((_request, response) => refuse(response, 500, ''));
  client = new KubeClient({ load: server.load, version: '1', clock: realClock });
  await client.prepare();
});

afterEach(async () => {
  client.close();
  await server.close();
});

function newInformer(): Informer<Pod> {
  const kept = keptLog();
  ({ lines } = kept);
  return new Informer<Pod>({ client, resource: resources.pods, clock, log: kept.log });
}

describe.each(TROUBLES)('where the server %s', (_what, handler) => {
  /** What retries by itself, as asked to, does so four times. */
  const tries = handler === TROUBLES[4]![1] ? 4 : 1;

  beforeEach(() => {
    server.handler = handler;
  });

  it('the informer asks a few times a minute, and complains once', async () => {
    const informer = newInformer();
    informer.start();
    await sleep(MINUTE_MS);
    await informer.close();
    expect(server.requests.length).toBeGreaterThan(3);
    expect(server.requests.length).toBeLessThanOrEqual(MAX_WATCH_REQUESTS * tries);
    expect(lines).toHaveLength(1);
  });

  it('the election asks every two seconds, and complains once', async () => {
    const kept = keptLog();
    const election = new LeaderElection({
      client,
      namespace: 'media',
      name: 'operator',
      identity: 'a_127.0.0.1:1',
      onStarted: () => expect.unreachable(),
      onStopped: () => Promise.resolve(),
      clock,
      log: kept.log,
    });
    election.start();
    await sleep(MINUTE_MS);
    await election.close();
    expect(server.requests.length).toBeGreaterThan(5);
    expect(server.requests.length).toBeLessThanOrEqual(MAX_LEASE_REQUESTS * tries);
    expect(kept.lines).toHaveLength(1);
  });

  it('Events are tried a few times', async () => {
    const recorder = new EventRecorder({ client, instance: 'a', clock, log: keptLog().log });
    const object = { kind: 'Pod', namespace: 'media', name: 'a', uid: 'u' };
    recorder.record(object, { type: 'Normal', reason: 'Tested', message: 'x' });
    await sleep(MINUTE_MS);
    await recorder.close();
    expect(server.requests.length).toBeLessThanOrEqual(MAX_EVENT_REQUESTS * tries);
    expect(recorder.counts).toEqual({ sent: 0, dropped: 0, failed: 1 });
  });

  it('work that fails is done a few times', async () => {
    const queue = new WorkQueue({
      parallel: 4,
      clock,
      log: keptLog().log,
      work: async () => {
        await client.get(resources.pods, { namespace: 'media', name: 'a' });
      },
    });
    queue.start();
    queue.add('a');
    await sleep(MINUTE_MS);
    await queue.stop();
    expect(server.requests.length).toBeGreaterThan(3);
    expect(server.requests.length).toBeLessThanOrEqual(MAX_QUEUE_REQUESTS * tries);
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
    const { log } = keptLog();
    const informer = new Informer<Pod>({ client: counting, resource: resources.pods, clock, log });
    informer.start();
    await sleep(MINUTE_MS);
    await informer.close();
    counting.close();
    expect(tried).toBeGreaterThan(3);
    expect(tried).toBeLessThanOrEqual(MAX_WATCH_REQUESTS);
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
    await sleep(MINUTE_MS);
    await informer.close();
    expect(server.count('GET', 'watch=true')).toBeGreaterThan(3);
    expect(server.requests.length).toBeLessThanOrEqual(2 * MAX_WATCH_REQUESTS);
  });
});
