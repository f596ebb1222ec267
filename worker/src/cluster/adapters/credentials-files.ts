import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { WorkerError } from '../../errors.ts';

/** What the folder of credentials has for TLS, as PEM. */
export interface TlsFiles {
  /** One certificate or several. */
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** When the certificate ends. */
  readonly expiresUnixMs: number;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** The kubelet swaps this link: files reached through it are of one version. */
const DATA_LINK = '..data';

/** Throws CREDENTIALS_INVALID, with the file's name, unless all of it fits together. */
export function readTlsFiles(folder: string): TlsFiles {
  const version = versionOf(folder);
  const ca = readCredential(version, 'ca.crt');
  const certificate = readCredential(version, 'tls.crt');
  const key = readCredential(version, 'tls.key');
  const authorities = ca.toString('latin1').match(CERTIFICATE) ?? [];
  if (authorities.length === 0) throw invalid('ca.crt');
  for (const authority of authorities) parsed('ca.crt', () => new X509Certificate(authority));
  const own = parsed('tls.crt', () => new X509Certificate(certificate));
  const fits = parsed('tls.key', () => own.checkPrivateKey(createPrivateKey(key)));
  if (!fits) throw invalid('tls.key');
  return { ca, certificate, key, expiresUnixMs: Date.parse(own.validTo) };
}

function readCredential(folder: string, file: string): Buffer {
  return parsed(file, () => readFileSync(path.join(folder, file)));
}

function versionOf(folder: string): string {
  try {
    return realpathSync(path.join(folder, DATA_LINK));
  } catch {
    return folder;
  }
}

function parsed<Value>(file: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw invalid(file, error);
  }
}

function invalid(file: string, cause?: unknown): WorkerError {
  return new WorkerError('CREDENTIALS_INVALID', file, { cause });
}
