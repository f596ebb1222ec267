import type { AccessRule } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { Clock } from '../stream/clock.ts';
import { JwksSource } from './jwks-source.ts';
import { KeyFiles } from './key-files.ts';
import type { TokenKey } from './keys.ts';
import type { Outside } from './outside.ts';

type JwtConfig = NonNullable<AccessRule['jwt']>;

export interface KeyRingOptions {
  /** Undefined: there are no files. */
  readonly folder: string | undefined;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  /** Keys are others than before. */
  readonly onChange: () => void;
}

/** All keys that rules name, of files and URLs. */
export class KeyRing {
  private readonly options: KeyRingOptions;
  private readonly files: KeyFiles;
  private readonly sources = new Map<string, JwksSource>();

  constructor(options: KeyRingOptions) {
    this.options = options;
    this.files = new KeyFiles(options);
  }

  close(): void {
    this.files.close();
    for (const source of this.sources.values()) source.close();
  }

  get hasFiles(): boolean {
    return this.files.hasAny;
  }

  /** As they are now. */
  tokenKeys({ keys, jwksUrl }: JwtConfig): readonly TokenKey[] {
    const ofFiles = keys.flatMap((name) => this.files.tokenKeys(name));
    return [...ofFiles, ...(this.sources.get(jwksUrl)?.keys ?? [])];
  }

  /** Undefined: nobody can tell of newer ones now. */
  lookAgain({ jwksUrl }: JwtConfig): Promise<void> | undefined {
    return this.sources.get(jwksUrl)?.lookAgain();
  }

  /** Those at the URL, or some of the files, were never read yet. */
  isWaiting({ keys, jwksUrl }: JwtConfig): boolean {
    const isUnread = this.sources.get(jwksUrl)?.hasKeys === false;
    return isUnread || this.files.isWaitingFor('token', keys);
  }

  secrets(names: readonly string[]): Buffer[] {
    return names.flatMap((name) => this.files.secret(name) ?? []);
  }

  isWaitingForSecrets(names: readonly string[]): boolean {
    return this.files.isWaitingFor('secret', names);
  }

  /** These rules count from now on. URLs that they go on naming keep their keys: they may
   * not answer now. */
  use(rules: readonly AccessRule[]): void {
    const wanted = new Map<string, number>();
    for (const { jwt } of rules) {
      if (jwt !== undefined && jwt.jwksUrl !== '') wanted.set(jwt.jwksUrl, jwt.jwksRefreshSeconds);
    }
    for (const [url, source] of this.sources) {
      if (wanted.has(url)) continue;
      source.close();
      this.sources.delete(url);
    }
    for (const [url, seconds] of wanted) this.open(url, seconds * 1000);
    this.files.keepOnly(new Set(rules.flatMap(entriesOf)));
    for (const rule of rules) this.readAll(rule);
  }

  private open(url: string, refreshMs: number): void {
    const known = this.sources.get(url);
    if (known === undefined) {
      this.sources.set(url, new JwksSource({ ...this.options, url, refreshMs }));
    } else {
      known.refreshMs = refreshMs;
    }
  }

  /** Now, so that what is wrong with them is said before somebody comes. */
  private readAll({ jwt, signedUrl, publish, play }: AccessRule): void {
    for (const name of jwt?.keys ?? []) this.files.tokenKeys(name);
    this.secrets(signedUrl?.keys ?? []);
    this.secrets([publish, play].flatMap((action) => action?.callback?.tokenKey || []));
  }
}

function entriesOf({ jwt, signedUrl, publish, play }: AccessRule): string[] {
  const bearers = [publish, play].map((action) => action?.callback?.tokenKey ?? '');
  return [...(jwt?.keys ?? []), ...(signedUrl?.keys ?? []), ...bearers];
}
