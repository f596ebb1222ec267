import { readFile, stat } from 'node:fs/promises';
import { KubeError } from './api-error.ts';

/** A token that somebody else renews, as the kubelet does with a service account's. */
export class TokenFile {
  readonly file: string;
  private token = '';
  private version = '';

  constructor(file: string) {
    this.file = file;
  }

  /** Reads it again only if it changed. */
  async read(): Promise<string> {
    try {
      const { ino, mtimeMs, size } = await stat(this.file);
      const version = `${ino}/${mtimeMs}/${size}`;
      if (version !== this.version) {
        this.token = (await readFile(this.file, 'utf8')).trim();
        this.version = version;
      }
      return this.token;
    } catch (error) {
      throw KubeError.local('CredentialsUnreadable', `token file ${this.file}`, error);
    }
  }

  /** Reads it again in any case. */
  forget(): void {
    this.version = '';
  }
}
