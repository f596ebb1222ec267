import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ROLES, type Role } from './identity.ts';

/** Who has logged in, as a cookie carries it. */
export interface SessionClaims {
  readonly name: string;
  readonly role: Role;
  readonly expiresUnixMs: number;
  /** Of an operator that passes on what somebody asks, not of a login. */
  readonly isVouch?: true | undefined;
}

const MAX_CHARACTERS = 2_000;
const claims = z.strictObject({
  name: z.string(),
  role: z.enum(ROLES),
  expiresUnixMs: z.number(),
  isVouch: z.literal(true).optional(),
});

/** `base64url(claims).base64url(HMAC-SHA256)`. */
export function signSession(session: SessionClaims, key: Buffer): string {
  const { name, role, expiresUnixMs, isVouch } = session;
  const text = JSON.stringify({ name, role, expiresUnixMs, isVouch });
  const body = Buffer.from(text).toString('base64url');
  return `${body}.${macOf(body, key).toString('base64url')}`;
}

/** Undefined: it is none of ours, or is over. */
export function verifySession(
  text: string,
  key: Buffer,
  nowUnixMs: number,
): SessionClaims | undefined {
  const [body = '', mac = '', ...more] = text.length > MAX_CHARACTERS ? [] : text.split('.');
  const given = Buffer.from(mac, 'base64url');
  const wanted = macOf(body, key);
  if (more.length > 0 || given.length !== wanted.length) return undefined;
  if (!timingSafeEqual(given, wanted)) return undefined;
  const read = claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  return read.success && read.data.expiresUnixMs > nowUnixMs ? read.data : undefined;
}

function macOf(body: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(body).digest();
}
