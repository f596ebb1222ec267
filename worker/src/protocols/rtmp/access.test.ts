import { describe, expect, it } from 'vitest';
import type { Visit } from '../../access/visit.ts';
import { openGate } from '../../access/gate.ts';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';
import type { Session } from '../../sessions/session.ts';
import { openVisitors } from '../../sessions/testing/open-visitors.ts';
import { Sessions, type Entry, type Visitors } from '../../sessions/visitors.ts';
import { realClock } from '../../stream/clock.ts';
import { pino } from 'pino';
import { Harness, settled } from './testing/harness.ts';

/** Refuses whoever comes, at once or later. */
function refusing(code: WorkerErrorCode, isAsked: boolean): Visitors & { seen: Visit[] } {
  const seen: Visit[] = [];
  const enter = (visit: Visit): Promise<Entry> => {
    seen.push(visit);
    const error = new WorkerError(code, `${visit.action} ${visit.name.key}`);
    if (isAsked) return Promise.reject(error);
    throw error;
  };
  return { enter, enterAgain: enter, seen };
}

describe.each([
  ['at once', false],
  ['after a while', true],
])('a client of RTMP that is refused %s', (_when, isAsked) => {
  it.each([
    ['publish', 'NetStream.Publish.Failed'],
    ['play', 'NetStream.Play.Failed'],
  ] as const)(
    'is told the code when it wants to %s, and nothing is made',
    async (action, status) => {
      const visitors = refusing('ACCESS_TOKEN_EXPIRED', isAsked);
      const harness = new Harness(visitors);
      harness.streams.here.add('live/news');
      harness.client.start();
      harness.client[action]('live', 'news?token=secret');
      await settled();
      expect(visitors.seen).toMatchObject([{ action, protocol: 'rtmp', query: 'token=secret' }]);
      expect(harness.client.statuses()).toEqual([status]);
      expect(harness.client.bodies.at(-1)?.toString('latin1')).toContain('ACCESS_TOKEN_EXPIRED: ');
      expect(harness.refusals).toEqual(['ACCESS_TOKEN_EXPIRED']);
      expect([harness.streams.events, harness.connection.isEnding]).toEqual([[], true]);
      const logged = harness.logged.filter((line) => line.includes('refused'));
      expect(logged).toHaveLength(1);
      expect(logged[0]).toContain(`${action} live/news`);
      expect(harness.logged.join('')).not.toContain('secret');
    },
  );
});

describe('a client of RTMP that is cut', () => {
  it.each([
    ['denied', 'ACCESS_REFUSED: Closed: denied.'],
    ['expired', 'ACCESS_TOKEN_EXPIRED: Closed: expired.'],
    ['limit', 'ACCESS_LIMIT_REACHED: Closed: limit.'],
    ['kicked', 'Closed: kicked.'],
  ] as const)('(%s) is told why', async (reason, text) => {
    const opened: Session[] = [];
    const sessions = new Sessions({
      gate: openGate,
      clock: realClock,
      log: pino({ level: 'silent' }),
    });
    sessions.watch({ opened: (session) => void opened.push(session), ended: () => undefined });
    const harness = new Harness(sessions);
    harness.client.start();
    harness.client.publish('live', 'news');
    await settled();
    opened[0]?.control.expel(reason);
    expect(harness.client.statuses().at(-1)).toBe('NetStream.Publish.Failed');
    expect(harness.client.bodies.at(-1)?.toString('latin1')).toContain(text);
    expect(harness.streams.events.at(-1)).toBe('closed unpublished');
    expect([harness.connection.isEnding, sessions.size]).toEqual([true, 0]);
  });
});

describe('bytes of a publisher', () => {
  it('are those since it began, where its connection published before', async () => {
    const opened: Session[] = [];
    const ended: number[] = [];
    const sessions = openVisitors();
    sessions.watch({
      opened: (session) => void opened.push(session),
      ended: ({ control }) => void ended.push(control.bytes),
    });
    const { client, connection } = new Harness(sessions);
    client.start();
    connection.bytesReceived = 3_500;
    client.publish('live', 'news');
    await settled();
    connection.bytesReceived += 1_000_000;
    client.command('deleteStream', 7, null, 1);
    client.command('createStream', 8, null);
    client.command('publish', 9, null, 'other', 'live');
    await settled();
    connection.bytesReceived += 500;
    expect(ended).toEqual([1_000_000]);
    expect(opened.map(({ visit }) => visit.name.name)).toEqual(['news', 'other']);
    expect(opened[1]?.control.bytes).toBe(500);
  });
});
