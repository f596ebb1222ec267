import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { exec } from './exec.ts';

const DAYS = '30';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Certificates, keys and tokens of one cluster, made anew for it. */
export class Pki {
  readonly caFile: string;
  readonly caKeyFile: string;
  readonly servingCert: string;
  readonly servingKey: string;
  readonly kubeletClientCert: string;
  readonly kubeletClientKey: string;
  readonly serviceAccountKey: string;
  readonly tokenFile: string;
  private readonly folder: string;
  private readonly tokens = new Map<string, string>();

  constructor(folder: string) {
    this.folder = path.join(folder, 'pki');
    const file = (name: string) => path.join(this.folder, name);
    this.caFile = file('ca.crt');
    this.caKeyFile = file('ca.key');
    this.servingCert = file('apiserver.crt');
    this.servingKey = file('apiserver.key');
    this.kubeletClientCert = file('apiserver-kubelet-client.crt');
    this.kubeletClientKey = file('apiserver-kubelet-client.key');
    this.serviceAccountKey = file('service-account.key');
    this.tokenFile = file('tokens.csv');
  }

  /** `addresses`: where clients reach the API server. `users`: name to groups. */
  async create(addresses: readonly string[], users: ReadonlyMap<string, string>): Promise<void> {
    fs.mkdirSync(this.folder, { mode: 0o700 });
    const lines = [...users].map(([user, groups]) => {
      const token = randomBytes(24).toString('hex');
      this.tokens.set(user, token);
      return `${token},${user},${user}${groups === '' ? '' : `,"${groups}"`}\n`;
    });
    fs.writeFileSync(this.tokenFile, lines.join(''));
    await this.openssl(
      ...['req', '-x509', ...NEW_KEY, '-days', DAYS, '-subj', '/CN=streamcluster-test-ca'],
      ...['-keyout', this.caKeyFile, '-out', this.caFile],
    );
    const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'];
    const san = [
      ...names.map((name) => `DNS:${name}`),
      ...addresses.map((address) => `IP:${address}`),
    ].join(',');
    await Promise.all([
      this.certificate(this.servingCert, this.servingKey, '/CN=kube-apiserver', san),
      this.certificate(
        this.kubeletClientCert,
        this.kubeletClientKey,
        '/O=system:masters/CN=kube-apiserver-kubelet-client',
        'DNS:kube-apiserver-kubelet-client',
      ),
      this.openssl('genrsa', '-out', this.serviceAccountKey, '2048'),
    ]);
  }

  token(user: string): string {
    const token = this.tokens.get(user);
    if (token === undefined) throw new Error(`no token for ${user}`);
    return token;
  }

  private async certificate(cert: string, key: string, subject: string, san: string) {
    await this.openssl(
      ...['req', '-x509', ...NEW_KEY, '-days', DAYS, '-subj', subject],
      ...['-CA', this.caFile, '-CAkey', this.caKeyFile, '-keyout', key, '-out', cert],
      ...['-addext', `subjectAltName=${san}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
      ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    );
  }

  private async openssl(...args: string[]): Promise<void> {
    await exec('openssl', args);
  }
}
