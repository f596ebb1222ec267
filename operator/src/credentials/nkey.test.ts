import { decode, parseCreds } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, fromPublic, fromSeed } from '@nats-io/nkeys';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { natsCreds, natsToken } from './nats-token.ts';
import { nkeyBytes, nkeyText } from './nkey-text.ts';
import { Nkey, type NkeyKind } from './nkey.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const KINDS: [NkeyKind, () => ReturnType<typeof createUser>][] = [
  ['operator', createOperator],
  ['account', createAccount],
  ['user', createUser],
];

describe.each(KINDS)('a key of kind %s', (kind, create) => {
  it('is the same to the library of NATS', () => {
    const own = Nkey.make(kind);
    const theirs = fromSeed(bytesOf(own.seed));
    expect(theirs.getPublicKey()).toBe(own.publicKey);
    expect(Buffer.from(theirs.sign(bytesOf('text')))).toEqual(own.sign('text'));
    expect(fromPublic(own.publicKey).verify(bytesOf('text'), own.sign('text'))).toBe(true);
    expect(fromPublic(own.publicKey).verify(bytesOf('texT'), own.sign('text'))).toBe(false);
  });

  it('is read from the seed that the library of NATS writes', () => {
    const theirs = create();
    const seed = Buffer.from(theirs.getSeed()).toString();
    const own = Nkey.parse(kind, seed);
    expect(own?.publicKey).toBe(theirs.getPublicKey());
    expect(own?.seed).toBe(seed);
  });

  it('is read from nothing else', () => {
    const { seed, publicKey } = Nkey.make(kind);
    const wrong = KINDS.map(([other]) => other).filter((other) => other !== kind);
    for (const other of wrong) expect(Nkey.parse(other, seed)).toBeUndefined();
    for (const text of [undefined, '', publicKey, seed.toLowerCase(), seed + 'A', ` ${seed}`]) {
      expect(Nkey.parse(kind, text)).toBeUndefined();
    }
    for (let at = 0; at < seed.length; at += 1) {
      const other = seed[at] === 'A' ? 'B' : 'A';
      const changed = seed.slice(0, at) + other + seed.slice(at + 1);
      expect(Nkey.parse(kind, changed)).toBeUndefined();
    }
  });
});

describe('the text of a key', () => {
  it('gives back any bytes, and is not made of any text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
        expect(nkeyBytes(nkeyText(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = nkeyBytes(text);
        if (bytes !== undefined) expect(nkeyText(bytes)).toBe(text);
      }),
    );
  });
});

describe('a token', () => {
  it('is verified by the library of NATS, and read from credentials', async () => {
    const [account, user] = [Nkey.make('account'), Nkey.make('user')];
    const nats = { type: 'user', tags: ['ns:media'], issuer_account: 'A' } as const;
    const claims = { sub: user.publicKey, name: 'live-0-1', iat: 12, exp: 34, nats };
    const token = natsToken(claims, account);
    expect(natsToken(claims, account)).toBe(token);
    const { nats: body, ...rest } = decode<typeof nats>(token);
    expect(rest).toEqual({
      sub: user.publicKey,
      name: 'live-0-1',
      iat: 12,
      exp: 34,
      iss: account.publicKey,
    });
    expect(body).toEqual({ ...nats, version: 2 });
    const [head, , signature] = token.split('.');
    const other = natsToken({ ...claims, name: 'live-0-2' }, account).split('.')[1];
    expect(() => decode(`${head!}.${other!}.${signature!}`)).toThrow('sig verification failed');
    const read = await parseCreds(bytesOf(natsCreds(token, user)));
    expect(read).toMatchObject({ key: user.seed, jwt: token, aid: 'A' });
  });
});
