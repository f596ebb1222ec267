import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';

export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const OTHER_RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const SECRET = randomBytes(32).toString('hex');

export const CLAIMS = { streamcluster: { actions: ['play'], streams: ['live/*'] } };

export interface TokenFacts {
  readonly key?: KeyObject | string;
  readonly algorithm?: string;
  readonly id?: string;
  readonly payload?: JWTPayload;
  /** Seconds since 1970; undefined: none. */
  readonly expires?: number | undefined;
}

/** A token that is good, unless told otherwise. */
export function token(facts: TokenFacts = {}): Promise<string> {
  const { key = RSA.privateKey, algorithm = 'RS256', id, payload = {} } = facts;
  const expires = 'expires' in facts ? facts.expires : Math.floor(Date.now() / 1000) + 600;
  const jwt = new SignJWT({ ...CLAIMS, ...payload });
  jwt.setProtectedHeader({ alg: algorithm, ...(id !== undefined && { kid: id }) });
  if (expires !== undefined) jwt.setExpirationTime(expires);
  return jwt.sign(typeof key === 'string' ? Buffer.from(key) : key);
}

export function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

export function jwks(...keys: (readonly [KeyObject, string])[]): string {
  return JSON.stringify({
    keys: keys.map(([key, kid]) => ({ ...key.export({ format: 'jwk' }), kid })),
  });
}
