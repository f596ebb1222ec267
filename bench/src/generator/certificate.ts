import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../server/server.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../.cache/bench/tls');

/** A certificate of our own for `localhost` (ECDSA P-256, a day), made anew. */
export async function certificate(): Promise<TlsFiles> {
  fs.mkdirSync(FOLDER, { recursive: true });
  const files = { certFile: path.join(FOLDER, 'tls.crt'), keyFile: path.join(FOLDER, 'tls.key') };
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-keyout', files.keyFile, '-out', files.certFile],
  ]);
  return files;
}
