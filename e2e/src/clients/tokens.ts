import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** Makes tokens and signed URLs as docs/access.md says, without the library that workers use. */
export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const NEXT_EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
/** Nobody believes it. */
export const STRANGER = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const SECRET = 'a shared secret of 32 bytes or more';

export function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

export function jwks(...keys: (readonly [KeyObject, string])[]): string {
  return JSON.stringify({
    keys: keys.map(([key, kid]) => ({ ...key.export({ format: 'jwk' }), kid })),
  });
}

export interface TokenOptions {
  /** A string: a shared secret. Undefined: not signed. */
  readonly key: KeyObject | string | undefined;
  readonly id?: string;
  readonly actions?: readonly string[];
  readonly streams: readonly string[];
  readonly networks?: readonly string[];
  readonly audience?: string;
  readonly issuer?: string;
  readonly expiresIn?: number;
}

/** RFC 7515, compact. */
export function token({ key, id, ...claims }: TokenOptions): string {
  const {
    actions = ['publish', 'play'],
    streams,
    networks,
    audience,
    issuer,
    expiresIn = 600,
  } = claims;
  const header = { alg: algorithmOf(key), ...(id !== undefined && { kid: id }) };
  const payload = {
    exp: Math.floor(Date.now() / 1000) + expiresIn,
    ...(audience !== undefined && { aud: audience }),
    ...(issuer !== undefined && { iss: issuer }),
    streamcluster: { actions, streams, ...(networks !== undefined && { networks }) },
  };
  const text = [header, payload].map((part) => base64url(JSON.stringify(part))).join('.');
  return `${text}.${key === undefined ? '' : signature(text, key)}`;
}

/** Parameters of a URL that is good for so many seconds. */
export function signedQuery(action: string, stream: string, key: string, seconds = 600): string {
  const expires = Math.floor(Date.now() / 1000) + seconds;
  const text = `${action}\n${stream}\n${expires}`;
  const mac = createHmac('sha256', key).update(text).digest('base64url');
  return `expires=${expires}&signature=${mac}`;
}

function algorithmOf(key: KeyObject | string | undefined): string {
  if (key === undefined) return 'none';
  if (typeof key === 'string') return 'HS256';
  return key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256';
}

function signature(text: string, key: KeyObject | string): string {
  if (typeof key === 'string') return createHmac('sha256', key).update(text).digest('base64url');
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
