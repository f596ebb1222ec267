import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { WorkerError } from '../../errors.ts';

/** A certificate and its private key, as PEM. */
export interface KeyPairFiles {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** When the certificate ends. */
  readonly expiresUnixMs: number;
}

/** What the folder of credentials has for TLS, as PEM. */
export interface TlsFiles extends KeyPairFiles {
  /** One certificate or several. */
  readonly ca: Buffer;
}

/** The error that says which file is of no use. */
type Invalid = (file: string, cause?: unknown) => WorkerError;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** The kubelet swaps this link: files reached through it are of one version. */
const DATA_LINK = '..data';

/** Throws CREDENTIALS_INVALID, with the file's name, unless all of it fits together. */
export function readTlsFiles(folder: string): TlsFiles {
  const version = versionOf(folder);
  const ca = parsed('ca.crt', credentialsInvalid, () => readIn(version, 'ca.crt'));
  const authorities = ca.toString('latin1').match(CERTIFICATE) ?? [];
  if (authorities.length === 0) throw credentialsInvalid('ca.crt');
  for (const authority of authorities) {
    parsed('ca.crt', credentialsInvalid, () => new X509Certificate(authority));
  }
  return { ca, ...readKeyPair(version, credentialsInvalid) };
}

/** tls.crt and tls.key of a folder, in the form of a Kubernetes Secret of type
 * kubernetes.io/tls. Throws what `invalid` makes of the file's name. */
export function readKeyPair(folder: string, invalid: Invalid): KeyPairFiles {
  const version = versionOf(folder);
  const certificate = parsed('tls.crt', invalid, () => readIn(version, 'tls.crt'));
  const key = parsed('tls.key', invalid, () => readIn(version, 'tls.key'));
  const own = parsed('tls.crt', invalid, () => new X509Certificate(certificate));
  const fits = parsed('tls.key', invalid, () => own.checkPrivateKey(createPrivateKey(key)));
  if (!fits) throw invalid('tls.key');
  return { certificate, key, expiresUnixMs: Date.parse(own.validTo) };
}

function readIn(folder: string, file: string): Buffer {
  return readFileSync(path.join(folder, file));
}

function versionOf(folder: string): string {
  try {
    return realpathSync(path.join(folder, DATA_LINK));
  } catch {
    return folder;
  }
}

function parsed<Value>(file: string, invalid: Invalid, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw invalid(file, error);
  }
}

function credentialsInvalid(file: string, cause?: unknown): WorkerError {
  return new WorkerError('CREDENTIALS_INVALID', file, { cause });
}
