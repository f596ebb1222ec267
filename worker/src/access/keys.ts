import { createPublicKey, hash, X509Certificate, type KeyObject } from 'node:crypto';

export type TokenAlgorithm = 'HS256' | 'RS256' | 'ES256';

/** A key that tokens are checked with. Its kind says the algorithm: a token does not. */
export interface TokenKey {
  readonly algorithm: TokenAlgorithm;
  /** Undefined: it has none, and may be that of any token. */
  readonly id: string | undefined;
  readonly key: KeyObject | Uint8Array;
  /** Tells it from others, without showing it. */
  readonly fingerprint: string;
}

/** RFC 7518 sections 3.2 and 3.3. */
const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;
const MAX_KEYS = 64;
const PEM_START = '-----BEGIN ';
/** A list or an object of JSON, and public keys of SSH. */
const OTHER_PUBLIC = /^(?:[[{]\s*["{[]|(?:ssh-|ecdsa-)\S+ AAAA)/;
const DER_SEQUENCE = 0x30;
const SPKI = { type: 'spki', format: 'der' } as const;

/** Why something is no key. Says nothing of its content. */
export class KeyFault extends Error {}

/** Of an entry of the Secret: a JWKS or JWK, a PEM with a public key or a certificate, or
 * else a shared secret. Throws KeyFault. */
export function readTokenKeys(content: Buffer): TokenKey[] {
  const text = content.toString('utf8').trim();
  if (text.startsWith('{')) return readJwks(text, { mayBeShared: true });
  // Tools write what the certificate says in front of it.
  if (text.includes(PEM_START)) return [publicKey(pemKey(text), undefined)];
  return [sharedKey(readSecret(content), undefined)];
}

/** A shared secret as it stands, without a line's end behind it. Throws KeyFault, also for
 * what is meant to be public: whoever knows that could sign with it. */
export function readSecret(content: Buffer): Buffer {
  if (isPublic(content)) throw new KeyFault('a key or certificate, and no shared secret');
  const end = content.at(-1) === 0x0a ? -1 : content.length;
  const secret = content.subarray(0, content.at(-2) === 0x0d && end === -1 ? -2 : end);
  if (secret.length < MIN_SECRET_BYTES) {
    throw new KeyFault(`a shared secret needs ${MIN_SECRET_BYTES} bytes`);
  }
  return Buffer.from(secret);
}

function isPublic(content: Buffer): boolean {
  const text = content.toString('utf8').trim();
  if (text.includes(PEM_START) || OTHER_PUBLIC.test(text)) return true;
  return [content, Buffer.from(text, 'base64')].some(isDer);
}

/** SubjectPublicKeyInfo or a certificate, of X.509. */
function isDer(bytes: Buffer): boolean {
  if (bytes[0] !== DER_SEQUENCE) return false;
  return [
    () => createPublicKey({ key: bytes, ...SPKI }),
    () => createPublicKey({ key: bytes, format: 'der', type: 'pkcs1' }),
    () => new X509Certificate(bytes),
  ].some(succeeds);
}

function succeeds(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** RFC 7517. Keys of other algorithms and uses are left out. Throws KeyFault. Secrets that
 * everybody can read at a URL are none: `mayBeShared` is for files. */
export function readJwks(text: string, { mayBeShared }: { mayBeShared: boolean }): TokenKey[] {
  const parsed = parseObject(text);
  const list = Array.isArray(parsed['keys']) ? (parsed['keys'] as unknown[]) : [parsed];
  if (list.length > MAX_KEYS) throw new KeyFault(`more than ${MAX_KEYS} keys`);
  const keys = list.flatMap((jwk) => readJwk(jwk, mayBeShared) ?? []);
  if (keys.length === 0) throw new KeyFault('no key that HS256, RS256 or ES256 can use');
  return keys;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // What JSON.parse says quotes the text.
  }
  throw new KeyFault('no JSON object');
}

function readJwk(value: unknown, mayBeShared: boolean): TokenKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const jwk = value as Record<string, unknown>;
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return undefined;
  const id = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined;
  const key = jwk['kty'] === 'oct' ? octetKey(jwk, id, mayBeShared) : asymmetricKey(jwk, id);
  const isMeant = jwk['alg'] === undefined || jwk['alg'] === key?.algorithm;
  return isMeant ? key : undefined;
}

function octetKey(
  { k }: Record<string, unknown>,
  id: string | undefined,
  mayBeShared: boolean,
): TokenKey | undefined {
  const secret = typeof k === 'string' && mayBeShared ? Buffer.from(k, 'base64url') : undefined;
  if (secret === undefined || secret.length < MIN_SECRET_BYTES) return undefined;
  return sharedKey(secret, id);
}

function asymmetricKey(jwk: Record<string, unknown>, id: string | undefined): TokenKey | undefined {
  try {
    return publicKey(createPublicKey({ key: jwk, format: 'jwk' }), id);
  } catch {
    return undefined;
  }
}

function pemKey(text: string): KeyObject {
  if (text.includes('PRIVATE KEY')) throw new KeyFault('a private key: give the public one');
  try {
    return createPublicKey(text);
  } catch {
    throw new KeyFault('no public key and no certificate in PEM');
  }
}

function publicKey(key: KeyObject, id: string | undefined): TokenKey {
  const algorithm = algorithmOf(key);
  return { algorithm, id, key, fingerprint: hash('sha256', key.export(SPKI)) };
}

function sharedKey(secret: Buffer, id: string | undefined): TokenKey {
  return { algorithm: 'HS256', id, key: secret, fingerprint: hash('sha256', secret) };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): TokenAlgorithm {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType !== 'rsa') throw new KeyFault('neither RSA nor P-256');
  if (modulusLength < MIN_RSA_BITS) throw new KeyFault(`RSA needs ${MIN_RSA_BITS} bits`);
  return 'RS256';
}
