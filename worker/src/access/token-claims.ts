import type { JWTPayload } from 'jose';
import { WorkerError } from '../errors.ts';
import { Networks } from './networks.ts';
import { fitsPattern } from './stream-pattern.ts';
import type { Visit } from './visit.ts';

/** What a token that was checked allows. */
export interface TokenClaims {
  readonly subject: string;
  readonly untilUnixMs: number;
  readonly actions: readonly string[];
  /** Patterns of `APP/NAME`, with `*`. */
  readonly streams: readonly string[];
  /** Undefined: from everywhere. */
  readonly networks: Networks | undefined;
}

const MAX_ITEMS = 64;
const MAX_SUBJECT_CHARACTERS = 256;

/** Claims beside those of RFC 7519 that every token has; throws ACCESS_TOKEN_INVALID. */
export function readClaims(payload: JWTPayload, leewayMs: number): TokenClaims {
  const own = payload['streamcluster'];
  if (typeof own !== 'object' || own === null) throw malformed('claim streamcluster');
  const { actions, streams, networks } = own as Record<string, unknown>;
  const blocks = networks === undefined ? undefined : Networks.parse(texts(networks, 'networks'));
  if (networks !== undefined && blocks === undefined) throw malformed('networks');
  return {
    subject: (payload.sub ?? '').slice(0, MAX_SUBJECT_CHARACTERS).toWellFormed(),
    untilUnixMs: (payload.exp ?? 0) * 1000 + leewayMs,
    actions: texts(actions, 'actions'),
    streams: texts(streams, 'streams'),
    networks: blocks,
  };
}

/** Throws ACCESS_REFUSED, ACCESS_ADDRESS_REFUSED. */
export function checkClaims(claims: TokenClaims, { action, name, address }: Visit): void {
  if (!claims.actions.includes(action)) throw refused(`the token is not for ${action}`);
  if (!claims.streams.some((pattern) => fitsPattern(pattern, name.key))) {
    throw refused(`the token is not for ${name.key}`);
  }
  if (claims.networks?.has(address) === false) {
    throw new WorkerError('ACCESS_ADDRESS_REFUSED', 'the token is for other networks');
  }
}

function texts(value: unknown, name: string): string[] {
  const isList = Array.isArray(value) && value.length <= MAX_ITEMS;
  if (!isList || !value.every((one) => typeof one === 'string')) throw malformed(name);
  return value;
}

function malformed(what: string): WorkerError {
  return new WorkerError('ACCESS_TOKEN_INVALID', `${what} is missing or malformed`);
}

function refused(why: string): WorkerError {
  return new WorkerError('ACCESS_REFUSED', why);
}
