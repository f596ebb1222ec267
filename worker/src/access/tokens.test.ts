import { describe, expect, it } from 'vitest';
import { ManualClock } from '../stream/clock.ts';
import { readTokenKeys, type TokenKey } from './keys.ts';
import { CLAIMS, EC, jwks, OTHER_RSA, pem, RSA, SECRET, token } from './testing/tokens.ts';
import { MAX_TOKEN_CHARACTERS, Tokens, type TokensOptions } from './tokens.ts';

const clock = new ManualClock(Date.now());
const NOW_S = Math.floor(clock.unixMs() / 1000);
const ALL = [pem(RSA.publicKey), pem(EC.publicKey), SECRET].flatMap((text) =>
  readTokenKeys(Buffer.from(text)),
);

function tokens(options: Partial<TokensOptions> = {}): Tokens {
  const none = {
    keys: () => ALL,
    lookAgain: () => undefined,
    isWaiting: () => false,
    issuer: '',
    audience: '',
  };
  return new Tokens({ ...none, clock, ...options });
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function codeOf(check: () => unknown): Promise<unknown> {
  try {
    await check();
    return 'good';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a token', () => {
  it.each([
    ['RS256', {}],
    ['ES256', { key: EC.privateKey, algorithm: 'ES256' }],
    ['HS256', { key: SECRET, algorithm: 'HS256' }],
  ])('is good by %s', async (_what, facts) => {
    const claims = await tokens().check(await token({ ...facts, payload: { sub: 'ann' } }));
    expect(claims).toMatchObject({ subject: 'ann', ...CLAIMS.streamcluster, networks: undefined });
    const long = await token({ ...facts, payload: { sub: `${'x'.repeat(255)}😀` } });
    const { subject } = await tokens().check(long);
    expect(Buffer.from(subject).toString()).toBe(subject);
  });

  it('is known the second time, until it is over', async () => {
    const [mine, text] = [tokens(), await token({ expires: NOW_S + 60 })];
    const claims = await mine.check(text);
    expect(mine.check(text)).toBe(claims);
    mine.forget();
    expect(mine.check(text)).toBeInstanceOf(Promise);
    const later = tokens({ clock: new ManualClock((NOW_S + 66) * 1000) });
    expect(await codeOf(() => later.check(text))).toBe('ACCESS_TOKEN_EXPIRED');
  });

  const header = part({ alg: 'none' });
  const body = part({ ...CLAIMS, exp: NOW_S + 60 });

  it.each([
    ['nothing at all', () => 'x'],
    ['alg none', () => `${header}.${body}.`],
    [
      'alg none with a signature',
      async () => `${header}.${body}.${(await token()).split('.')[2]!}`,
    ],
    ['another algorithm', () => token({ algorithm: 'RS512' })],
    ['an unknown key', () => token({ key: OTHER_RSA.privateKey })],
    // The public key as a secret: the oldest trick.
    ['a public key as secret', () => token({ key: pem(RSA.publicKey), algorithm: 'HS256' })],
    ['other claims', async () => (await token()).replace(/\.[^.]+\./, `.${body}.`)],
    ['no expiry', () => token({ expires: undefined })],
    ['a time to come', () => token({ payload: { nbf: NOW_S + 60 } })],
    ['too much', () => 'x'.repeat(MAX_TOKEN_CHARACTERS + 1)],
    ['an audience that nobody named', () => token({ payload: { aud: 'x' } })],
    ['no claims of ours', () => token({ payload: { streamcluster: undefined } })],
    ['strange claims', () => token({ payload: { streamcluster: { actions: 'play' } } })],
    [
      'strange networks',
      () => token({ payload: { streamcluster: { ...CLAIMS.streamcluster, networks: ['10/8'] } } }),
    ],
    ['unknown critical headers', () => `${part({ alg: 'RS256', crit: ['x'], x: 1 })}.${body}.AAAA`],
  ])('is not good with %s', async (_what, make) => {
    const text = await make();
    expect(await codeOf(() => tokens().check(text))).toBe('ACCESS_TOKEN_INVALID');
  });

  it('is over with its expiry, but for the clocks of others', async () => {
    expect(await codeOf(async () => tokens().check(await token({ expires: NOW_S - 2 })))).toBe(
      'good',
    );
    const over = await token({ expires: NOW_S - 8 });
    expect(await codeOf(() => tokens().check(over))).toBe('ACCESS_TOKEN_EXPIRED');
  });

  it.each([
    [{ iss: 'us', aud: 'media' }, 'good'],
    [{ iss: 'us', aud: ['x', 'media'] }, 'good'],
    [{ iss: 'them', aud: 'media' }, 'ACCESS_TOKEN_INVALID'],
    [{ aud: 'media' }, 'ACCESS_TOKEN_INVALID'],
    [{ iss: 'us', aud: 'other' }, 'ACCESS_TOKEN_INVALID'],
    [{ iss: 'us' }, 'ACCESS_TOKEN_INVALID'],
  ])('of %j is %s where issuer and audience are named', async (payload, code) => {
    const text = await token({ payload });
    const mine = tokens({ issuer: 'us', audience: 'media' });
    expect(await codeOf(() => mine.check(text))).toBe(code);
  });

  it('names its key, and one that is not known is looked for', async () => {
    let keys: readonly TokenKey[] = readTokenKeys(Buffer.from(jwks([OTHER_RSA.publicKey, 'old'])));
    let looks = 0;
    const lookAgain = (): Promise<void> => {
      looks += 1;
      keys = readTokenKeys(Buffer.from(jwks([OTHER_RSA.publicKey, 'old'], [RSA.publicKey, 'new'])));
      return Promise.resolve();
    };
    const mine = tokens({ keys: () => keys, lookAgain });
    const text = await token({ id: 'new' });
    expect(await codeOf(() => mine.check(text))).toBe('good');
    expect(await codeOf(async () => mine.check(await token({ id: 'old' })))).toBe(
      'ACCESS_TOKEN_INVALID',
    );
    expect(looks).toBe(1);
    const gone = tokens({ keys: () => keys });
    expect(await codeOf(async () => gone.check(await token({ id: 'none' })))).toBe(
      'ACCESS_TOKEN_INVALID',
    );
  });

  it('is never quoted', async () => {
    const texts = [await token({ key: OTHER_RSA.privateKey }), 'a.b.c', `${header}.${body}.x`];
    for (const text of texts) {
      const error: unknown = await Promise.resolve()
        .then(() => tokens().check(text))
        .catch((cause: unknown) => cause);
      expect(JSON.stringify([String(error), error])).not.toContain(text.slice(0, 40));
      expect((error as Error).cause).toBeUndefined();
    }
  });
});
