import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A CA of its own, made with openssl. */
export class TestAuthority {
  readonly certificate: string;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'sc-pki-'));
  private count = 0;

  constructor(name: string) {
    this.openssl(['req', '-x509', ...KEY, '-subj', `/CN=${name}`, ...this.files('ca')]);
    this.certificate = this.read('ca.crt');
  }

  /** For these DNS names, as client and as server. */
  issue(...names: string[]): KeyPair {
    this.count += 1;
    const own = `leaf-${this.count}`;
    const alternatives = names.map((name) => `DNS:${name}`).join(',');
    this.openssl([
      ...[
        'req',
        '-x509',
        ...KEY,
        '-subj',
        `/CN=${names[0] ?? 'test'}`,
        ...this.files(own),
        '-days',
        '2',
      ],
      ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', `subjectAltName=${alternatives}`],
    ]);
    return { certificate: this.read(`${own}.crt`), key: this.read(`${own}.key`) };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private files(name: string): string[] {
    return ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  }

  private read(file: string): string {
    return readFileSync(path.join(this.folder, file), 'utf8');
  }

  private openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'ignore' });
  }
}

/** A folder as the kubelet makes of a projected volume: files are links into a
 * version, and one link is swapped. */
export class CredentialsVolume {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'sc-credentials-'));
  private version = 0;

  write(files: Readonly<Record<string, string>>): void {
    this.version += 1;
    const version = `..v${this.version}`;
    mkdirSync(path.join(this.folder, version));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(this.folder, version, name), text);
      const link = path.join(this.folder, name);
      rmSync(link, { force: true });
      symlinkSync(path.join('..data', name), link);
    }
    symlinkSync(version, path.join(this.folder, '..data_tmp'));
    renameSync(path.join(this.folder, '..data_tmp'), path.join(this.folder, '..data'));
  }

  writeTls(ca: string, { certificate, key }: KeyPair): void {
    this.write({ 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
