import { hash } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWTVerifyOptions } from 'jose';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { TokenAlgorithm, TokenKey } from './keys.ts';
import { readClaims, type TokenClaims } from './token-claims.ts';

export interface TokensOptions {
  /** As they are now. */
  readonly keys: () => readonly TokenKey[];
  /** A key that is not known may be new; undefined: it was looked for a moment ago. */
  readonly lookAgain: () => Promise<void> | undefined;
  /** Some keys were never read yet: nobody can tell whether a token that fits no other is good. */
  readonly isWaiting: () => boolean;
  /** Empty: any. */
  readonly issuer: string;
  /** Empty: only tokens that are meant for nobody. */
  readonly audience: string;
  readonly clock: Clock;
}

interface Header {
  readonly algorithm: TokenAlgorithm;
  readonly id: string | undefined;
}

export const MAX_TOKEN_CHARACTERS = 4096;
/** Clocks of those who make tokens. */
const LEEWAY_SECONDS = 5;
const MAX_KNOWN = 20_000;
/** Each costs a check: a JWKS with more keys for one token is not meant well. */
const MAX_TRIED = 16;
const ALGORITHMS: readonly string[] = ['HS256', 'RS256', 'ES256'] satisfies TokenAlgorithm[];

/** Checks JSON Web Tokens (RFC 7519, RFC 8725); those that were good are known by their hash. */
export class Tokens {
  private readonly options: TokensOptions;
  private readonly known = new BoundedCache<TokenClaims>(MAX_KNOWN);

  constructor(options: TokensOptions) {
    this.options = options;
  }

  /** Keys have changed. */
  forget(): void {
    this.known.clear();
  }

  /** Throws or rejects with ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED, ACCESS_KEYS_INVALID. */
  check(token: string): TokenClaims | Promise<TokenClaims> {
    if (token.length > MAX_TOKEN_CHARACTERS) throw invalid('too long');
    const name = hash('sha256', token, 'base64');
    const known = this.known.get(name, this.options.clock.unixMs());
    return known ?? this.checkNew(token, name);
  }

  private async checkNew(token: string, name: string): Promise<TokenClaims> {
    const header = headerOf(token);
    let keys = this.fitting(header);
    if (keys.length === 0) {
      await this.options.lookAgain();
      keys = this.fitting(header);
    }
    if (keys.length === 0) throw this.unlessWaiting(invalid('no key for it'));
    const claims = await this.verified(token, header, keys);
    // Keys that changed meanwhile have a check of their own to come.
    if (this.fitting(header).some((key) => keys.includes(key))) {
      this.known.set(name, claims, claims.untilUnixMs);
    }
    return claims;
  }

  private fitting({ algorithm, id }: Header): TokenKey[] {
    const isFit = (key: TokenKey): boolean =>
      key.algorithm === algorithm && (key.id === undefined || id === undefined || key.id === id);
    return this.options.keys().filter(isFit).slice(0, MAX_TRIED);
  }

  private async verified(
    token: string,
    { algorithm }: Header,
    keys: readonly TokenKey[],
  ): Promise<TokenClaims> {
    let fault: unknown;
    for (const { key } of keys) {
      try {
        const { payload } = await jwtVerify(token, key, this.rules(algorithm));
        this.checkAudience(payload.aud);
        return readClaims(payload, LEEWAY_SECONDS * 1000);
      } catch (error) {
        fault = error;
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    const isUnknown = fault instanceof errors.JWSSignatureVerificationFailed;
    throw isUnknown ? this.unlessWaiting(asWorkerError(fault)) : asWorkerError(fault);
  }

  private unlessWaiting(error: WorkerError): WorkerError {
    return this.options.isWaiting() ? new WorkerError('ACCESS_KEYS_INVALID') : error;
  }

  private rules(algorithm: TokenAlgorithm): JWTVerifyOptions {
    const { issuer, audience, clock } = this.options;
    return {
      algorithms: [algorithm],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(clock.unixMs()),
      requiredClaims: ['exp'],
      ...(issuer !== '' && { issuer }),
      ...(audience !== '' && { audience }),
    };
  }

  /** RFC 7519 section 4.1.3: who is not among those that it is meant for refuses it. */
  private checkAudience(given: string | string[] | undefined): void {
    if (this.options.audience === '' && given !== undefined) throw invalid('audience');
  }
}

function headerOf(token: string): Header {
  const { alg = '', kid } = protectedHeader(token);
  if (!ALGORITHMS.includes(alg)) throw invalid('algorithm');
  return { algorithm: alg as TokenAlgorithm, id: typeof kid === 'string' ? kid : undefined };
}

function protectedHeader(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw invalid('malformed');
  }
}

/** The library's words are not repeated: some of them quote the token. */
function asWorkerError(fault: unknown): WorkerError {
  if (fault instanceof WorkerError) return fault;
  if (fault instanceof errors.JWTExpired) return new WorkerError('ACCESS_TOKEN_EXPIRED');
  if (fault instanceof errors.JWTClaimValidationFailed) return invalid(`claim ${fault.claim}`);
  return invalid(
    fault instanceof errors.JWSSignatureVerificationFailed ? 'signature' : 'malformed',
  );
}

function invalid(why: string): WorkerError {
  return new WorkerError('ACCESS_TOKEN_INVALID', why);
}
