import fs from 'node:fs';
import path from 'node:path';
import { exec } from '../../cluster/exec.ts';
import { scratchFolder } from '../../src/harness/paths.ts';

/** As a Secret of type kubernetes.io/tls has it. */
export interface Certificate {
  readonly 'tls.crt': string;
  readonly 'tls.key': string;
}

/** Signed by itself, for one name, for a day; each call makes another one. */
export async function selfSigned(name: string): Promise<Certificate> {
  const folder = scratchFolder('certificate');
  const [crt, key] = ['tls.crt', 'tls.key'].map((file) => path.join(folder, file)) as [
    string,
    string,
  ];
  await exec('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '1', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
    ...['-keyout', key, '-out', crt],
  ]);
  const made = { 'tls.crt': fs.readFileSync(crt, 'utf8'), 'tls.key': fs.readFileSync(key, 'utf8') };
  fs.rmSync(folder, { recursive: true });
  return made;
}
