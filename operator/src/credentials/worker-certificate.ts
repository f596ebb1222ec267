import type { X509Certificate } from 'node:crypto';
import type { AuthorityView } from './authority.ts';
import {
  isSignedBy,
  notBeforeMs,
  parseCertificate,
  parseDnsNames,
  parseKeyOf,
  renewAtMs,
} from './certificate.ts';
import { issueLeaf } from './issue.ts';
import { workerNames, type WorkerIdentity } from './names.ts';
import type { SecretData } from './secret-store.ts';

interface CertificateFiles {
  readonly 'ca.crt': string;
  readonly 'tls.crt': string;
  readonly 'tls.key': string;
}

export interface WorkerCertificate {
  readonly files: CertificateFiles;
  readonly notAfterMs: number;
}

/** Why a certificate must be made. */
export type CertificateFault =
  'missing' | 'unreadable' | 'other-authority' | 'other-names' | 'other-bundle' | 'not-yet' | 'due';

export async function makeWorkerCertificate(
  identity: WorkerIdentity,
  view: AuthorityView,
  nowMs: number,
): Promise<WorkerCertificate> {
  const { certificatePem, keyPem, notAfterMs } = await issueLeaf({
    signer: view.signer,
    commonName: identity.pod,
    dnsNames: workerNames(identity),
    lifetimeMs: view.leafLifetimeMs,
    nowMs,
  });
  const files = { 'ca.crt': view.bundle, 'tls.crt': certificatePem, 'tls.key': keyPem };
  return { files, notAfterMs };
}

/** Undefined: what is there is as it should be. */
export function workerCertificateFault(
  data: SecretData | undefined,
  identity: WorkerIdentity,
  view: AuthorityView,
  nowMs: number,
): CertificateFault | undefined {
  if (data?.['tls.crt'] === undefined) return 'missing';
  if (data['ca.crt'] !== view.bundle) return 'other-bundle';
  return leafFault({ data, names: workerNames(identity), view, nowMs });
}

export interface LeafCheck {
  readonly data: SecretData;
  readonly names: readonly string[];
  readonly view: AuthorityView;
  readonly nowMs: number;
}

/** The same for a certificate of any names, whatever bundle stands beside it. */
export function leafFault({ data, names, view, nowMs }: LeafCheck): CertificateFault | undefined {
  const certificate = parseCertificate(data['tls.crt']);
  if (certificate === undefined) return 'unreadable';
  if (parseKeyOf(certificate, data['tls.key']) === undefined) return 'unreadable';
  if (!isSignedBy(certificate, view.signer.certificate)) return 'other-authority';
  if (!isFor(certificate, names)) return 'other-names';
  if (nowMs < notBeforeMs(certificate)) return 'not-yet';
  return nowMs >= renewAtMs(certificate) ? 'due' : undefined;
}

function isFor({ subjectAltName }: X509Certificate, names: readonly string[]): boolean {
  const own = parseDnsNames(subjectAltName) ?? [];
  return own.length === names.length && names.every((name) => own.includes(name));
}
