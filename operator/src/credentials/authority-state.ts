import type { X509Certificate } from 'node:crypto';
import { isSignedBy, isValidAt, parseCertificate, parseKeyOf } from './certificate.ts';
import { pemOfKey, type Signer } from './issue.ts';
import type { SecretData } from './secret-store.ts';

/**
 * What the CA's Secret says. A rotation goes through
 *
 *   steady      one CA
 *   introduced  `next` is believed, too, but signs nothing yet
 *   switched    `next` has become `current`; `previous` is still believed
 *
 * and from each to the next once all workers have had what it wants for a while.
 */
export interface AuthorityState {
  readonly current: Signer;
  readonly next: Signer | undefined;
  readonly previous: X509Certificate | undefined;
  /** Since when all workers have what this phase wants. */
  readonly settledMs: number | undefined;
}

export type AuthorityPhase = 'steady' | 'introduced' | 'switched';

/** What of the Secret is usable. `current` undefined: it is broken or over. */
export type PartialAuthority = Omit<AuthorityState, 'current'> & {
  readonly current: Signer | undefined;
};

const SETTLED_KEY = 'settled-unix-ms';
const DIGITS = /^[0-9]{1,15}$/;

export function parseAuthority(data: SecretData, nowMs: number): PartialAuthority {
  return {
    current: parseSigner(data['ca.crt'], data['ca.key'], nowMs),
    next: parseSigner(data['next.crt'], data['next.key'], nowMs),
    previous: parseAuthorityCertificate(data['previous.crt'], nowMs),
    settledMs: parseTime(data[SETTLED_KEY]),
  };
}

export function authorityData(state: AuthorityState): SecretData {
  const { current, next, previous, settledMs } = state;
  return {
    'ca.crt': current.certificate.toString(),
    'ca.key': pemOfKey(current.key),
    ...(next && { 'next.crt': next.certificate.toString(), 'next.key': pemOfKey(next.key) }),
    ...(previous && { 'previous.crt': previous.toString() }),
    ...(settledMs !== undefined && { [SETTLED_KEY]: String(settledMs) }),
  };
}

export function phaseOf({ next, previous }: AuthorityState): AuthorityPhase {
  if (next !== undefined) return 'introduced';
  return previous === undefined ? 'steady' : 'switched';
}

/** All that is believed, the signer first. */
export function bundleOf({ current, next, previous }: AuthorityState): string {
  const believed = [current.certificate, next?.certificate, previous];
  return believed.map((certificate) => certificate?.toString() ?? '').join('');
}

export function isUsableSigner({ certificate }: Signer, nowMs: number): boolean {
  return isValidAt(certificate, nowMs);
}

function parseSigner(
  certificatePem: string | undefined,
  keyPem: string | undefined,
  nowMs: number,
): Signer | undefined {
  const certificate = parseAuthorityCertificate(certificatePem, nowMs);
  if (certificate === undefined) return undefined;
  const key = parseKeyOf(certificate, keyPem);
  return key?.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? { certificate, key } : undefined;
}

function parseAuthorityCertificate(
  pem: string | undefined,
  nowMs: number,
): X509Certificate | undefined {
  const certificate = parseCertificate(pem);
  if (certificate === undefined) return undefined;
  const isUsable =
    certificate.ca && isValidAt(certificate, nowMs) && isSignedBy(certificate, certificate);
  return isUsable ? certificate : undefined;
}

function parseTime(text: string | undefined): number | undefined {
  return text !== undefined && DIGITS.test(text) ? Number(text) : undefined;
}
