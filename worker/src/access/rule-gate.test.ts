import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AccessRule, ActionAccess } from '@streamcluster/proto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EVERYBODY } from './gate.ts';
import { RuleGate } from './rule-gate.ts';
import { urlSignature } from './signed-url.ts';
import { codeOf, TestContext } from './testing/context.ts';
import { MemoryOutside } from './testing/memory-outside.ts';
import { jwks, OTHER_RSA, pem, RSA, SECRET, token } from './testing/tokens.ts';
import { visit } from './testing/visits.ts';
import type { Visit } from './visit.ts';

const JWT = { keys: ['jwt.pem'] };
const CALLBACK = { url: 'http://auth/', timeoutSeconds: 1, keepAllowedSeconds: 60 };
const KEYS_URL = 'http://id/keys';

/** What is not given is as without it. */
function action(partial: object): ActionAccess {
  return ActionAccess.fromPartial(partial);
}

function rules(...partial: object[]): { rules: AccessRule[] } {
  return { rules: partial.map((rule) => AccessRule.fromPartial(rule)) };
}

describe('RuleGate', () => {
  let context: TestContext;
  let outside: MemoryOutside;
  let folder: string;
  let elsewhere: number;
  let changes: number;

  beforeEach(() => {
    context = new TestContext();
    outside = new MemoryOutside();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gate-'));
    elsewhere = 0;
    changes = 0;
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  });

  function gate(options: { isClosed?: boolean } = {}): RuleGate {
    const viewersElsewhere = (): number => elsewhere;
    const { isClosed = false } = options;
    const made = new RuleGate({ ...context.parts, outside, folder, isClosed, viewersElsewhere });
    made.onChange = () => (changes += 1);
    onTestFinished(() => made.close());
    return made;
  }

  function keys(): void {
    fs.writeFileSync(path.join(folder, 'jwt.pem'), pem(RSA.publicKey));
    fs.writeFileSync(path.join(folder, 'url'), SECRET);
  }

  async function withToken(facts: Parameters<typeof token>[0] = {}): Promise<Visit> {
    return visit({ query: `token=${await token(facts)}` });
  }

  it('lets everybody in where no rule fits, without waiting', () => {
    const open = gate();
    open.configure(rules({ apps: ['other'], play: action({ deny: ['0.0.0.0/0'] }) }));
    expect(open.admit(visit())).toBe(EVERYBODY);
    expect([open.guards('live'), open.guards('other')]).toEqual([false, true]);
  });

  it('goes by the first rule whose app fits', async () => {
    const mine = gate();
    const closed = action({ deny: ['0.0.0.0/0'] });
    mine.configure(rules({ apps: ['live'], play: closed }, { publish: closed }));
    expect(await codeOf(() => mine.admit(visit()))).toBe('ACCESS_ADDRESS_REFUSED');
    expect(await codeOf(() => mine.admit(visit({ action: 'publish' })))).toBe('good');
    const other = visit({ action: 'publish', stream: 'vod/x' });
    expect(await codeOf(() => mine.admit(other))).toBe('ACCESS_ADDRESS_REFUSED');
  });

  it.each([
    [['192.0.2.0/24'], [], 'good'],
    [['198.51.100.0/24'], [], 'ACCESS_ADDRESS_REFUSED'],
    [['192.0.2.0/24'], ['192.0.2.7/32'], 'ACCESS_ADDRESS_REFUSED'],
    [[], ['198.51.100.0/24'], 'good'],
    [[], ['192.0.2.0/24'], 'ACCESS_ADDRESS_REFUSED'],
  ])('of allow %j and deny %j makes %s', async (allow, deny, code) => {
    const mine = gate();
    mine.configure(rules({ play: action({ allow, deny }) }));
    expect(await codeOf(() => mine.admit(visit()))).toBe(code);
  });

  it('wants a token that is for this visit', async () => {
    keys();
    const mine = gate();
    mine.configure(rules({ jwt: JWT, play: action({ byJwt: true }) }));
    const claims = (streamcluster: object) => withToken({ payload: { streamcluster } });
    const base = { actions: ['play'], streams: ['live/*'] };
    const cases: [Visit, string][] = [
      [await withToken(), 'good'],
      [visit(), 'ACCESS_TOKEN_MISSING'],
      [visit({ query: 'token=x' }), 'ACCESS_TOKEN_INVALID'],
      [await claims({ ...base, actions: ['publish'] }), 'ACCESS_REFUSED'],
      [await claims({ ...base, streams: ['live/other', 'vod/*'] }), 'ACCESS_REFUSED'],
      [await claims({ ...base, networks: ['192.0.2.0/24'] }), 'good'],
      [await claims({ ...base, networks: ['198.51.100.0/24'] }), 'ACCESS_ADDRESS_REFUSED'],
      [await withToken({ expires: 1 }), 'ACCESS_TOKEN_EXPIRED'],
    ];
    for (const [who, code] of cases) expect(await codeOf(() => mine.admit(who))).toBe(code);
    const good = cases[0]![0];
    // The second time without waiting.
    expect(mine.admit(good)).toMatchObject({ subject: '' });
    expect(mine.admit(visit({ action: 'publish' }))).toBe(EVERYBODY);
  });

  it('takes signed URLs beside tokens, or alone', async () => {
    keys();
    const mine = gate();
    const expires = String(Math.floor(context.clock.unixMs() / 1000) + 60);
    const signature = urlSignature(visit(), expires, Buffer.from(SECRET)).toString('base64url');
    const signed = visit({ query: `expires=${expires}&signature=${signature}` });
    const rule = { jwt: JWT, signedUrl: { keys: ['missing', 'url'] } };
    mine.configure(rules({ ...rule, play: action({ byJwt: true, bySignedUrl: true }) }));
    expect(mine.admit(signed)).toEqual({ subject: '', untilUnixMs: Number(expires) * 1000 });
    expect(await codeOf(async () => mine.admit(await withToken()))).toBe('good');
    mine.configure(rules({ ...rule, play: action({ bySignedUrl: true }) }));
    expect(await codeOf(async () => mine.admit(await withToken()))).toBe('ACCESS_TOKEN_MISSING');
    mine.configure(rules({ ...rule, play: action({ byJwt: true }) }));
    expect(await codeOf(() => mine.admit(signed))).toBe('ACCESS_TOKEN_MISSING');
  });

  it('asks the callback last, with the subject, and remembers that it did', async () => {
    keys();
    outside.status = () => 200;
    const mine = gate();
    mine.configure(rules({ jwt: JWT, play: action({ byJwt: true, callback: CALLBACK }) }));
    expect(await codeOf(() => mine.admit(visit()))).toBe('ACCESS_TOKEN_MISSING');
    expect(outside.posts).toHaveLength(0);
    const who = await withToken({ payload: { sub: 'ann' } });
    const grant = await mine.admit(who);
    expect(grant).toMatchObject({ subject: 'ann', askedUrl: 'http://auth/' });
    expect(outside.posts[0]?.body).toContain('"subject":"ann"');
    outside.status = () => 403;
    context.clock.advance(61_000);
    expect(await codeOf(() => mine.recheck(who, grant))).toBe('good');
    expect(await codeOf(() => mine.recheck(who, EVERYBODY))).toBe('ACCESS_REFUSED');
  });

  it('limits those who come, not those who are here', async () => {
    const mine = gate();
    mine.configure(rules({ viewersPerStream: 1, publisherKilobitsPerSecond: 5 }));
    expect([mine.limitsViewers, mine.publisherBitsPerSecond(visit())]).toEqual([true, 5_000]);
    mine.opened(visit());
    expect(await codeOf(() => mine.admit(visit()))).toBe('ACCESS_LIMIT_REACHED');
    expect(await codeOf(() => mine.recheck(visit(), EVERYBODY))).toBe('good');
    const end = { id: '', visit: visit(), subject: '', reason: '', bytes: 0, durationMs: 0 };
    mine.ended(end);
    expect(await codeOf(() => mine.admit(visit()))).toBe('good');
    elsewhere = 1;
    expect(await codeOf(() => mine.admit(visit()))).toBe('ACCESS_LIMIT_REACHED');
  });

  it('tells the callback of ends', () => {
    const mine = gate();
    mine.configure(rules({ play: action({ callback: CALLBACK }) }));
    const end = { id: 'i', visit: visit(), subject: '', reason: 'ended', bytes: 1, durationMs: 1 };
    mine.ended(end);
    mine.ended({ ...end, visit: visit({ action: 'publish' }) });
    return context.settle().then(() => expect(outside.posts).toHaveLength(1));
  });

  it('lets nobody in before it knows the rules, where there are some', async () => {
    const closed = gate({ isClosed: true });
    expect(await codeOf(() => closed.admit(visit()))).toBe('ACCESS_NOT_READY');
    closed.configure(rules());
    expect(await codeOf(() => closed.admit(visit()))).toBe('good');
    keys();
    expect(await codeOf(() => gate().admit(visit()))).toBe('ACCESS_NOT_READY');
  });

  it('knows for five seconds where everybody could play before', () => {
    const play = action({ deny: ['198.51.100.0/24'] });
    const mine = gate();
    const newly = (): boolean[] => ['live', 'vod'].map((app) => mine.isNewlyGuarded(app));
    mine.configure(rules({ apps: ['live'], play }));
    expect(newly()).toEqual([true, false]);
    mine.configure(rules({ play }));
    expect(newly()).toEqual([false, true]);
    context.clock.advance(4_999);
    expect(newly()).toEqual([false, true]);
    context.clock.advance(1);
    expect(newly()).toEqual([false, false]);
    const closed = gate({ isClosed: true });
    closed.configure(rules({ play }));
    expect(closed.isNewlyGuarded('live')).toBe(false);
  });

  it('says when rules or keys are others than before', async () => {
    keys();
    const mine = gate();
    const one = { jwt: JWT, play: action({ byJwt: true }) };
    mine.configure(rules(one));
    mine.configure(rules(one));
    expect(changes).toBe(1);
    const who = await withToken();
    await mine.admit(who);
    fs.writeFileSync(path.join(folder, 'jwt.pem'), pem(OTHER_RSA.publicKey));
    context.clock.advance(10_000);
    expect(changes).toBe(2);
    expect(await codeOf(() => mine.recheck(who, EVERYBODY))).toBe('ACCESS_TOKEN_INVALID');
  });

  it('keeps the keys of a URL that stays in the rules, whether it answers or not', async () => {
    outside.document = jwks([RSA.publicKey, 'a']);
    const mine = gate();
    const jwt = { jwksUrl: KEYS_URL, jwksRefreshSeconds: 60 };
    mine.configure(rules({ jwt, play: action({ byJwt: true }) }));
    const who = await withToken({ id: 'a' });
    // It waits for the first reading.
    expect(await codeOf(() => mine.admit(who))).toBe('good');
    outside.document = new Error('down');
    mine.configure(rules({ jwt, play: action({ byJwt: true, allow: ['192.0.2.0/24'] }) }));
    expect(await codeOf(() => mine.recheck(who, EVERYBODY))).toBe('good');
  });

  it('cannot tell before keys of a URL were read, and keeps who is here', async () => {
    const mine = gate();
    const jwt = { jwksUrl: KEYS_URL, jwksRefreshSeconds: 60 };
    mine.configure(rules({ jwt, play: action({ byJwt: true }) }));
    const who = await withToken();
    expect(await codeOf(() => mine.admit(who))).toBe('ACCESS_KEYS_INVALID');
    expect(await codeOf(() => mine.recheck(who, EVERYBODY))).toBe('ACCESS_KEYS_INVALID');
  });

  it('waits two minutes for entries that were never there: rules are faster than keys', async () => {
    const mine = gate();
    const signedUrl = { keys: ['url'] };
    const play = action({ byJwt: true, bySignedUrl: true });
    mine.configure(rules({ jwt: JWT, signedUrl, play }));
    const who = await withToken();
    const signed = visit({ query: 'expires=9999999999&signature=x' });
    const codes = async (): Promise<string[]> => [
      await codeOf(() => mine.recheck(who, EVERYBODY)),
      await codeOf(() => mine.recheck(signed, EVERYBODY)),
      await codeOf(() => mine.admit(visit())),
    ];
    const unknown = 'ACCESS_KEYS_INVALID';
    expect(await codes()).toEqual([unknown, unknown, 'ACCESS_TOKEN_MISSING']);
    context.clock.advance(110_000);
    expect([changes, ...(await codes()).slice(0, 2)]).toEqual([1, unknown, unknown]);
    context.clock.advance(20_000);
    const invalid = 'ACCESS_TOKEN_INVALID';
    expect([changes, ...(await codes()).slice(0, 2)]).toEqual([2, invalid, invalid]);
    keys();
    context.clock.advance(10_000);
    expect([changes, ...(await codes()).slice(0, 2)]).toEqual([3, 'good', invalid]);
    fs.rmSync(path.join(folder, 'jwt.pem'));
    context.clock.advance(10_000);
    // One that is gone is a key no more, at once.
    expect((await codes())[0]).toBe(invalid);
  });

  it('judges by the keys that are there what fits them, while others are awaited', async () => {
    keys();
    const mine = gate();
    const jwt = { keys: ['jwt.pem', 'next.pem'] };
    mine.configure(rules({ jwt, play: action({ byJwt: true }) }));
    const next = await withToken({ key: OTHER_RSA.privateKey });
    expect(await codeOf(async () => mine.admit(await withToken()))).toBe('good');
    expect(await codeOf(async () => mine.admit(await withToken({ expires: 1 })))).toBe(
      'ACCESS_TOKEN_EXPIRED',
    );
    expect(await codeOf(() => mine.admit(next))).toBe('ACCESS_KEYS_INVALID');
    fs.writeFileSync(path.join(folder, 'next.pem'), pem(OTHER_RSA.publicKey));
    context.clock.advance(10_000);
    expect(await codeOf(() => mine.admit(next))).toBe('good');
  });

  it('keeps the old rules when new ones cannot be read', async () => {
    const mine = gate();
    mine.configure(rules({ play: action({ deny: ['192.0.2.0/24'] }) }));
    expect(() => mine.configure(rules({ play: action({ deny: ['x'] }) }))).toThrow('malformed');
    expect(await codeOf(() => mine.admit(visit()))).toBe('ACCESS_ADDRESS_REFUSED');
  });

  it('says who was refused what, and never shows what he came with', async () => {
    keys();
    const mine = gate();
    mine.configure(rules({ jwt: JWT, play: action({ byJwt: true }) }));
    const text = await token({ key: OTHER_RSA.privateKey });
    const who = visit({ query: `token=${text}`, cookie: 'a=b', authorization: 'Bearer c' });
    const error: unknown = await Promise.resolve(mine.admit(who)).catch((cause: unknown) => cause);
    expect(String(error)).toContain('play live/news: signature');
    expect([String(error), JSON.stringify(error), ...context.lines].join('')).not.toContain(text);
  });
});
