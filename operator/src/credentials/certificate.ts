import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

/** Certificates are valid from so long before they were made, because clocks differ. */
export const BACKDATE_MS = 60 * 60 * 1_000;
/** They are renewed when two thirds of their life are over, some a bit earlier. */
const RENEW_AT_SHARE = 2 / 3;
const JITTER_SHARE = 1 / 15;
const SERIAL_DIGITS = 8;

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g;

/** Undefined unless it is one certificate, and nothing else. */
export function parseCertificate(pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined || pem.replace(BLOCK, '').trim() !== '') return undefined;
  if ([...pem.matchAll(BLOCK)].length !== 1) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Undefined unless it is the private key of the certificate. */
export function parseKeyOf(
  certificate: X509Certificate,
  pem: string | undefined,
): KeyObject | undefined {
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(pem);
    return certificate.checkPrivateKey(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

export function notBeforeMs({ validFrom }: X509Certificate): number {
  return Date.parse(validFrom);
}

export function notAfterMs({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

export function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  return notBeforeMs(certificate) <= nowMs && nowMs < notAfterMs(certificate);
}

/** When it was made. */
export function issuedMs(certificate: X509Certificate): number {
  return notBeforeMs(certificate) + BACKDATE_MS;
}

/** From when it is to be renewed: the same for everybody who looks at it, but not
 * the same moment for all certificates that were made together. */
export function renewAtMs(certificate: X509Certificate): number {
  const chance = parseInt(certificate.serialNumber.slice(-SERIAL_DIGITS), 16) / 16 ** SERIAL_DIGITS;
  const lifeMs = notAfterMs(certificate) - issuedMs(certificate);
  return issuedMs(certificate) + lifeMs * (RENEW_AT_SHARE - chance * JITTER_SHARE);
}

/** DNS names, in Node's form of a list; undefined when there are names of other
 * kinds, or such that Node had to quote. */
export function parseDnsNames(subjectAltName: string | undefined): readonly string[] | undefined {
  const parts = (subjectAltName ?? '').split(', ').filter((part) => part !== '');
  const isPlain = parts.every((part) => part.startsWith('DNS:') && !part.includes('"'));
  return isPlain ? parts.map((part) => part.slice('DNS:'.length)) : undefined;
}
