import { createHmac, timingSafeEqual } from 'node:crypto';
import { WorkerError } from '../errors.ts';
import type { UrlSignature } from './credentials.ts';
import type { Visit } from './visit.ts';

type Signed = Pick<Visit, 'action' | 'name'>;

export interface UrlKeys {
  readonly keys: readonly Buffer[];
  /** There may be more of them in a moment. */
  readonly isWaiting: boolean;
}

const EXPIRES = /^[1-9][0-9]{0,11}$/;

/** base64url(HMAC-SHA256(key, ACTION LF APP/NAME LF EXPIRES)), as bytes. */
export function urlSignature({ action, name }: Signed, expires: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${action}\n${name.key}\n${expires}`).digest();
}

/**
 * Until when it is good, in ms since 1970. Throws ACCESS_TOKEN_INVALID,
 * ACCESS_TOKEN_EXPIRED or ACCESS_KEYS_INVALID. All keys are looked at, each in a time that says nothing.
 */
export function checkSignedUrl(
  signed: Signed,
  { expires, signature }: UrlSignature,
  { keys, isWaiting }: UrlKeys,
  nowUnixMs: number,
): number {
  if (!EXPIRES.test(expires)) throw new WorkerError('ACCESS_TOKEN_INVALID', 'no expiry');
  const given = Buffer.from(signature, 'base64url');
  const fits = keys.map((key) => isSame(urlSignature(signed, expires, key), given));
  if (!fits.includes(true)) {
    if (isWaiting) throw new WorkerError('ACCESS_KEYS_INVALID');
    throw new WorkerError('ACCESS_TOKEN_INVALID', 'signature');
  }
  const untilUnixMs = Number(expires) * 1000;
  if (nowUnixMs >= untilUnixMs) throw new WorkerError('ACCESS_TOKEN_EXPIRED');
  return untilUnixMs;
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
