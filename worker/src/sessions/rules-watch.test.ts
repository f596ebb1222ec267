import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EVERYBODY, type Grant } from '../access/gate.ts';
import type { SessionEnd } from '../access/session-end.ts';
import { TestContext } from '../access/testing/context.ts';
import { visit } from '../access/testing/visits.ts';
import type { Visit } from '../access/visit.ts';
import { WorkerError, type WorkerErrorCode } from '../errors.ts';
import { RulesWatch } from './rules-watch.ts';
import type { Session, SessionControl } from './session.ts';
import { Sessions, type Entry } from './visitors.ts';

/** What a client would see of its session. */
class Client implements SessionControl {
  bytes = 0;
  readonly skips = 0;
  session: Session | undefined = undefined;
  expelled = '';

  expel(reason: string): void {
    this.expelled = reason;
    this.session?.end(reason);
  }
}

describe('RulesWatch', () => {
  let context: TestContext;
  let watch: RulesWatch;
  let sessions: Sessions;
  let isFull: boolean;
  let maxBitsPerSecond: number;
  let asked: number;
  let refusal: (visit: Visit) => WorkerErrorCode | undefined;
  const ends: SessionEnd[] = [];

  beforeEach(() => {
    context = new TestContext();
    [isFull, maxBitsPerSecond, asked, ends.length] = [false, 0, 0, 0];
    refusal = () => undefined;
    const rules = {
      recheck: (who: Visit, grant: Grant): Grant | Promise<Grant> => {
        asked += 1;
        const code = refusal(who);
        if (who.query === 'slowly') {
          return code === undefined
            ? Promise.resolve({ ...grant, subject: 'new' })
            : Promise.reject(new WorkerError(code));
        }
        if (code !== undefined) throw new WorkerError(code);
        return grant;
      },
      opened: () => {
        if (isFull) throw new WorkerError('ACCESS_LIMIT_REACHED');
      },
      ended: (end: SessionEnd) => void ends.push(end),
      publisherBitsPerSecond: () => maxBitsPerSecond,
    };
    watch = new RulesWatch({ ...context.parts, rules });
    const gate = { admit: () => EVERYBODY, readmit: () => EVERYBODY, guards: () => true };
    sessions = new Sessions({ ...context.parts, gate });
    sessions.watch(watch);
    onTestFinished(() => watch.close());
  });

  function open(who = visit(), grant: Partial<Grant> = {}): Client {
    const client = new Client();
    client.session = (sessions.enter(who) as Entry).open(client);
    client.session.grant = { ...EVERYBODY, ...grant };
    return client;
  }

  it('ends sessions whose token is over, within a second', () => {
    const client = open(visit(), { untilUnixMs: context.clock.unixMs() + 5_000 });
    const other = open();
    context.clock.advance(4_500);
    expect(client.expelled).toBe('');
    context.clock.advance(1_500);
    expect([client.expelled, other.expelled]).toEqual(['expired', '']);
    expect(context.counted).toEqual(['ACCESS_TOKEN_EXPIRED']);
  });

  it.each([
    ['ACCESS_REFUSED', 'denied'],
    ['ACCESS_TOKEN_INVALID', 'denied'],
    ['ACCESS_TOKEN_MISSING', 'denied'],
    ['ACCESS_ADDRESS_REFUSED', 'denied'],
    ['ACCESS_TOKEN_EXPIRED', 'expired'],
    ['ACCESS_CALLBACK_FAILED', ''],
    ['ACCESS_NOT_READY', ''],
    ['ACCESS_KEYS_INVALID', ''],
  ] as const)('asks again when rules change: %s means %j', async (code, reason) => {
    const [good, bad, slow] = [
      open(),
      open(visit({ query: 'bad' })),
      open(visit({ query: 'slowly' })),
    ];
    refusal = ({ query }) => (query === '' ? undefined : code);
    watch.recheck();
    context.clock.advance(2_500);
    await context.settle();
    expect([good.expelled, bad.expelled, slow.expelled]).toEqual(['', reason, reason]);
    expect(context.counted).toHaveLength(reason === '' ? 0 : 2);
  });

  it('goes on with what was granted now', async () => {
    const client = open(visit({ query: 'slowly' }));
    watch.recheck();
    await context.settle();
    expect(client.session?.grant.subject).toBe('new');
  });

  it('asks about thousands a part at a time, all within five seconds', () => {
    const clients = Array.from({ length: 10_000 }, () => open());
    refusal = () => 'ACCESS_REFUSED';
    watch.recheck();
    expect(asked).toBeLessThanOrEqual(10_000 / 50);
    let most = 0;
    for (let ms = 0; ms < 5_000; ms += 50) {
      const before = asked;
      context.clock.advance(50);
      most = Math.max(most, asked - before);
    }
    expect(most).toBeLessThanOrEqual(10_000 / 50);
    expect(clients.filter(({ expelled }) => expelled === 'denied')).toHaveLength(10_000);
  });

  it('begins anew when rules change meanwhile', () => {
    const clients = Array.from({ length: 1_000 }, () => open());
    watch.recheck();
    context.clock.advance(500);
    refusal = () => 'ACCESS_REFUSED';
    watch.recheck();
    context.clock.advance(3_000);
    expect(clients.every(({ expelled }) => expelled === 'denied')).toBe(true);
  });

  it('asks about those, too, who were let in by the old rules and begin now', () => {
    watch.recheck();
    refusal = () => 'ACCESS_REFUSED';
    context.clock.advance(3_000);
    const client = open();
    expect(client.expelled).toBe('');
    context.clock.advance(0);
    expect(client.expelled).toBe('denied');
    context.clock.advance(10_000);
    const later = open();
    context.clock.advance(0);
    expect(later.expelled).toBe('');
  });

  it('asks about those, too, of whom the old rules asked somebody who took long', () => {
    const entry = sessions.enter(visit()) as Entry;
    context.clock.advance(1_000);
    watch.recheck();
    refusal = () => 'ACCESS_REFUSED';
    context.clock.advance(25_000);
    const client = new Client();
    client.session = entry.open(client);
    context.clock.advance(0);
    expect(client.expelled).toBe('denied');
  });

  it('goes by the last rules, whenever somebody answers to those before', async () => {
    const client = open(visit({ query: 'slowly' }));
    refusal = () => 'ACCESS_REFUSED';
    watch.recheck();
    refusal = () => undefined;
    watch.recheck();
    await context.settle();
    expect([client.expelled, client.session?.grant.subject]).toEqual(['', 'new']);
  });

  it('ends those who came with too many others, once they have begun', () => {
    isFull = true;
    const client = open();
    expect(client.expelled).toBe('');
    context.clock.advance(0);
    expect(client.expelled).toBe('limit');
  });

  it('cuts publishers that send more than they may, for some seconds', () => {
    maxBitsPerSecond = 8_000;
    const publisher = open(visit({ action: 'publish' }));
    const viewer = open();
    publisher.bytes = 100_000;
    for (let second = 0; second < 11; second += 1) {
      context.clock.advance(1_000);
      publisher.bytes += 900;
      viewer.bytes += 10_000;
    }
    expect(publisher.expelled).toBe('');
    for (let second = 0; second < 10; second += 1) {
      context.clock.advance(1_000);
      publisher.bytes += 1_200;
    }
    expect([publisher.expelled, viewer.expelled]).toEqual(['limit', '']);
  });

  it('tells what sessions came to', () => {
    const client = open(visit(), { subject: 'ann' });
    client.bytes = 7;
    context.clock.advance(1_500);
    client.session?.end('ended');
    expect(ends).toEqual([
      {
        ...{ id: client.session?.id, visit: visit(), subject: 'ann' },
        ...{ reason: 'ended', bytes: 7, durationMs: 1_500 },
      },
    ]);
  });
});
