import type { Nkey } from './nkey.ts';

export interface TokenClaims {
  /** Public key of whom it is about. */
  readonly sub: string;
  readonly name: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp?: number;
  readonly nats: { readonly type: 'operator' | 'account' | 'user' } & Record<string, unknown>;
}

const HEADER = encode({ typ: 'JWT', alg: 'ed25519-nkey' });
const VERSION = 2;

/** A JWT as NATS reads them. The same claims give the same text. */
export function natsToken(claims: TokenClaims, issuer: Nkey): string {
  const { nats, ...rest } = claims;
  const body = { ...rest, iss: issuer.publicKey, nats: { ...nats, version: VERSION } };
  const text = `${HEADER}.${encode(body)}`;
  return `${text}.${issuer.sign(text).toString('base64url')}`;
}

/** A user's token and key in the form that NATS' clients read. */
export function natsCreds(token: string, user: Nkey): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    token,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    user.seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
