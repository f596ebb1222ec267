import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readJwks, readSecret, readTokenKeys } from './keys.ts';
import { EC, jwks, pem, RSA, SECRET } from './testing/tokens.ts';

const SHORT_RSA = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ED = generateKeyPairSync('ed25519');
const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

describe('an entry with a key', () => {
  it.each([
    ['RSA', pem(RSA.publicKey), ['RS256']],
    ['P-256', `\n${pem(EC.publicKey)}`, ['ES256']],
    ['a shared secret', `${SECRET}\n`, ['HS256']],
    ['a JWKS', jwks([RSA.publicKey, 'a'], [EC.publicKey, 'b']), ['RS256', 'ES256']],
    ['a JWK', JSON.stringify(EC.publicKey.export({ format: 'jwk' })), ['ES256']],
  ])('is of %s', (_what, text, algorithms) => {
    const keys = readTokenKeys(Buffer.from(text));
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(algorithms);
  });

  it.each([
    ['a private key', RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'private'],
    ['a short RSA', pem(SHORT_RSA.publicKey), '2048'],
    ['Ed25519', pem(ED.publicKey), 'neither'],
    ['P-384', pem(P384.publicKey), 'neither'],
    ['a broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'PEM'],
    ['a short secret', 'hunter2', '32 bytes'],
    ['broken JSON', '{"keys": [secret', 'JSON'],
    ['no keys', '{"keys": []}', 'no key'],
    ['too many', JSON.stringify({ keys: Array.from({ length: 65 }, () => ({})) }), '64'],
  ])('is not %s, and says so without it', (_what, text, because) => {
    const read = (): unknown => readTokenKeys(Buffer.from(text));
    expect(read).toThrow(because);
    expect(read).not.toThrow(/hunter2|secret\b.*keys|AAAA/);
  });
});

describe('what everybody may know', () => {
  const der = EC.publicKey.export({ type: 'spki', format: 'der' });
  const rsaDer = RSA.publicKey.export({ type: 'pkcs1', format: 'der' });
  const jwk = EC.publicKey.export({ format: 'jwk' });

  it.each([
    ['DER', der],
    ['DER of PKCS #1', rsaDer],
    ['DER in base64', `${der.toString('base64')}\n`],
    ['a list of keys', JSON.stringify([jwk, jwk])],
    ['a key of SSH', `ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ ${'a'.repeat(40)}\n`],
  ])('is no shared secret: %s', (_what, content) => {
    expect(() => readTokenKeys(Buffer.from(content))).toThrow('no shared secret');
    expect(() => readSecret(Buffer.from(content))).toThrow('no shared secret');
  });

  it('is no secret of URLs, where it is a key of tokens', () => {
    for (const text of [pem(RSA.publicKey), jwks([RSA.publicKey, 'a']), JSON.stringify(jwk)]) {
      expect(readTokenKeys(Buffer.from(text))).toHaveLength(1);
      expect(() => readSecret(Buffer.from(text))).toThrow('no shared secret');
    }
  });

  it('is a public key, too, behind what a tool wrote in front of it', () => {
    const text = `Bag Attributes\n    friendlyName: ann\n${pem(RSA.publicKey)}`;
    expect(readTokenKeys(Buffer.from(text)).map(({ algorithm }) => algorithm)).toEqual(['RS256']);
  });
});

describe('readJwks', () => {
  const oct = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 's' };
  const rsa = { ...RSA.publicKey.export({ format: 'jwk' }), kid: 'r' };

  it('takes secrets from files only', () => {
    const text = JSON.stringify({ keys: [oct, rsa] });
    expect(readJwks(text, { mayBeShared: true }).map(({ id }) => id)).toEqual(['s', 'r']);
    expect(readJwks(text, { mayBeShared: false }).map(({ id }) => id)).toEqual(['r']);
  });

  it('leaves out keys for other uses', () => {
    const others = [{ ...rsa, use: 'enc' }, { ...rsa, alg: 'PS256' }, { kty: 'OKP' }, null, 7];
    const text = JSON.stringify({ keys: [...others, { ...rsa, use: 'sig', alg: 'RS256' }] });
    expect(readJwks(text, { mayBeShared: false })).toHaveLength(1);
  });
});

describe('readSecret', () => {
  it.each([
    [`${SECRET}\n`, SECRET],
    [`${SECRET}\r\n`, SECRET],
    [SECRET, SECRET],
    [`${SECRET}\n\n`, `${SECRET}\n`],
    [`[${SECRET}`, `[${SECRET}`],
    [`0${SECRET}`, `0${SECRET}`],
  ])('drops one end of a line', (text, secret) => {
    expect(readSecret(Buffer.from(text)).toString()).toBe(secret);
  });
});
