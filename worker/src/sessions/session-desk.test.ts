import { beforeEach, describe, expect, it } from 'vitest';
import { EVERYBODY, type Gate } from '../access/gate.ts';
import type { Visit } from '../access/visit.ts';
import { streamName, type StreamName } from '../media/stream-name.ts';
import { ManualClock } from '../stream/clock.ts';
import { SegmentKeys } from './segment-keys.ts';
import { SessionDesk } from './session-desk.ts';
import type { ExpelReason, Session } from './session.ts';
import { keptLog, type LogLine } from './testing/kept-log.ts';
import { Sessions, type Entry } from './visitors.ts';

const NEWS = streamName('live', 'news') as StreamName;
const OTHER = streamName('live', 'other') as StreamName;

let clock: ManualClock;
let sessions: Sessions;
let keys: SegmentKeys;
let desk: SessionDesk;
let lines: LogLine[];
let subject: string;

beforeEach(() => {
  clock = new ManualClock();
  subject = '';
  const kept = keptLog();
  lines = kept.lines;
  const gate: Gate = {
    admit: () => ({ subject, untilUnixMs: Infinity }),
    readmit: () => EVERYBODY,
    guards: () => true,
  };
  sessions = new Sessions({ gate, clock, log: kept.log });
  keys = new SegmentKeys({ guards: () => true, clock });
  desk = new SessionDesk({ sessions, segmentKeys: keys, clock, log: kept.log });
});

function visit(more: Partial<Visit> = {}): Visit {
  return {
    ...{ action: 'play', protocol: 'flv', name: NEWS, address: '192.0.2.1', isEncrypted: false },
    ...{ query: 'token=secret', authorization: '', cookie: '', userAgent: 'vlc', traceParent: '' },
    ...more,
  };
}

function open(more: Partial<Visit> = {}, id?: string): Session {
  const entry = sessions.enter(visit(more));
  if (entry instanceof Promise) throw new Error('nobody has to be asked');
  const control = {
    ...{ bytes: 10, skips: 1 },
    expel: (reason: ExpelReason): void => session.end(reason),
  };
  const session: Session = entry.open(control, id);
  return session;
}

describe('SessionDesk', () => {
  it('lists sessions page by page, none twice, whoever comes and goes', () => {
    const ids = Array.from({ length: 25 }, () => open().id);
    const other = open({ name: OTHER, protocol: 'rtmp' }).id;
    ids.push(other);
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { sessions: page, total } = desk.list({ stream: '', limit: 7, after });
      expect(total).toBe(sessions.size);
      seen.push(...page.map(({ id }) => id));
      if (page.length < 7) break;
      after = page.at(-1)?.id ?? '';
      // Gone, though a page that was shown has it.
      const shown = seen.find((id) => id !== other) ?? '';
      if (seen.length === 7) sessions.get(shown)?.end('connection');
    }
    expect(seen).toEqual([...ids].sort());
    const of = desk.list({ stream: 'live/other', limit: 5, after: '' });
    expect(of).toMatchObject({ total: 1, sessions: [{ stream: 'live/other', protocol: 'rtmp' }] });
  });

  it('shows nothing that proves who somebody is', () => {
    open({ authorization: 'Bearer secret', cookie: 'a=secret', query: 'token=secret' });
    expect(JSON.stringify(desk.list({ stream: '', limit: 5, after: '' }))).not.toContain('secret');
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('ends a session, whose client may come back at once', () => {
    const { id } = open();
    expect(desk.kick({ stream: 'live/other', id, banSeconds: 0 }).isFound).toBe(false);
    expect(sessions.size).toBe(1);
    const kicked = desk.kick({ stream: NEWS.key, id, banSeconds: 0 });
    expect(kicked).toEqual({ isFound: true, banned: undefined });
    expect([sessions.size, lines.at(-1)?.['reason']]).toEqual([0, 'kicked']);
    expect(open().id).not.toBe(id);
    expect(desk.kick({ stream: NEWS.key, id, banSeconds: 0 }).isFound).toBe(false);
  });

  it('refuses for a time whoever has the address and calls himself so', () => {
    const { id } = open();
    open();
    const { banned } = desk.kick({ stream: NEWS.key, id, banSeconds: 60 });
    expect(banned).toEqual({
      ...{ address: '192.0.2.1', userAgent: 'vlc', subject: '' },
      untilUnixMs: clock.unixMs() + 60_000,
    });
    // His other session went with it.
    expect(sessions.size).toBe(0);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'ACCESS_BANNED' }) as Error);
    expect(() => open({ name: OTHER, action: 'publish' })).toThrow();
    open({ userAgent: 'ffplay' });
    open({ address: '192.0.2.2' });
    clock.advance(60_000);
    open();
  });

  it('refuses the subject of a token, wherever it comes from', () => {
    subject = 'anna';
    const { id } = open();
    desk.kick({ stream: NEWS.key, id, banSeconds: 60 });
    const elsewhere = { address: '198.51.100.7', userAgent: 'other' };
    expect(() => open(elsewhere)).toThrow(
      expect.objectContaining({ code: 'ACCESS_BANNED' }) as Error,
    );
    subject = 'bert';
    open(elsewhere);
  });

  it('ends what one has here whom another worker banned', () => {
    open();
    open({ userAgent: 'other' });
    const untilUnixMs = clock.unixMs() + 1_000;
    const ban = { address: '192.0.2.1', userAgent: 'vlc', subject: '', untilUnixMs };
    expect(desk.ban(ban)).toBe(1);
    expect(sessions.size).toBe(1);
    expect(desk.ban({ ...ban, subject: 'nobody', address: '', userAgent: '' })).toBe(0);
  });

  it('ends one who was let in before the ban, and begins behind it', async () => {
    const entry = sessions.enter(visit()) as Entry;
    const untilUnixMs = clock.unixMs() + 1_000;
    desk.ban({ address: '192.0.2.1', userAgent: 'vlc', subject: '', untilUnixMs });
    const said: string[] = [];
    entry.open({ bytes: 0, skips: 0, expel: (reason) => void said.push(reason) });
    expect(said).toEqual([]);
    await Promise.resolve();
    expect(said).toEqual(['kicked']);
  });

  it('learns keys and bans from before it came', () => {
    const untilUnixMs = clock.unixMs() + 1_000;
    const ban = { address: '192.0.2.1', userAgent: 'vlc', subject: '', untilUnixMs };
    const before = keys.of(NEWS, 1);
    desk.learn({ hlsKey: Buffer.from('key'), bans: [ban] });
    const told = keys.of(NEWS, 1);
    expect(told).not.toBe(before);
    expect(() => open()).toThrow();
    desk.learn({ hlsKey: Buffer.alloc(0), bans: [] });
    expect(keys.of(NEWS, 1)).toBe(told);
    expect(() => open()).toThrow();
  });

  it('ends what they have here of whose ban it hears only with the rules', () => {
    const untilUnixMs = clock.unixMs() + 1_000;
    const ban = { address: '192.0.2.1', userAgent: 'vlc', subject: '', untilUnixMs };
    subject = 'anna';
    open({ address: '198.51.100.7' });
    subject = '';
    open();
    open({ userAgent: 'other' });
    desk.learn({ hlsKey: Buffer.alloc(0), bans: [{ ...ban, untilUnixMs: clock.unixMs() }] });
    expect(sessions.size).toBe(3);
    const ofSubject = { address: '', userAgent: '', subject: 'anna', untilUnixMs };
    desk.learn({ hlsKey: Buffer.alloc(0), bans: [ban, ofSubject] });
    expect([...sessions.all()].map(({ visit: { userAgent } }) => userAgent)).toEqual(['other']);
    const count = lines.length;
    desk.learn({ hlsKey: Buffer.alloc(0), bans: [ban, ofSubject] });
    expect(lines).toHaveLength(count);
  });

  it('keeps a bounded number of bans, and none that are over', () => {
    const { bans } = sessions;
    const add = (n: number, untilUnixMs: number): void => {
      bans.add({ address: `address ${n}`, userAgent: '', subject: '', untilUnixMs });
    };
    add(0, clock.unixMs());
    expect(bans.size).toBe(0);
    for (let n = 0; n < 12_000; n++) add(n, clock.unixMs() + 1_000);
    expect(bans.size).toBe(10_000);
    expect(bans.hasClient({ address: 'address 11999', userAgent: '' })).toBe(true);
    clock.advance(1_000);
    add(1, clock.unixMs() + 1_000);
    add(1, clock.unixMs() + 500);
    expect(bans.size).toBeLessThan(10);
    clock.advance(700);
    expect(bans.hasClient({ address: 'address 1', userAgent: '' })).toBe(true);
  });
});
