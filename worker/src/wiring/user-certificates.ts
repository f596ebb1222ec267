import type { Logger } from 'pino';
import { readKeyPair, type KeyPairFiles } from '../cluster/adapters/credentials-files.ts';
import type { Engine, TlsContext, TlsPair } from '../engine/engine.ts';
import { WorkerError } from '../errors.ts';
import type { Clock, Timer } from '../stream/clock.ts';
import { HandshakeLog } from './handshake-log.ts';

export interface UserCertificatesOptions {
  /** Each with tls.crt and tls.key; the first is for names that none has. */
  readonly folders: readonly string[];
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

/** As for the workers' own certificate: the kubelet is slower. */
const READ_AGAIN_MS = 10_000;
/** What is spoken at the port of HTTPS (RFC 7301 section 6). */
const HTTP_PROTOCOLS = ['http/1.1'];

interface Folder {
  readonly path: string;
  pair: KeyPairFiles;
  /** What is wrong with its newest files; said once. */
  fault: string;
}

/** The certificates that users see, as files that change. Who connects later
 * sees the newer ones, who is connected stays. */
export class UserCertificates {
  readonly https: TlsContext;
  readonly rtmps: TlsContext;
  private readonly options: UserCertificatesOptions;
  private readonly folders: Folder[];
  private readonly handshakes: HandshakeLog;
  private timer: Timer | undefined = undefined;

  /** Undefined without folders. Throws TLS_CERTIFICATE_INVALID with the folder and file. */
  static open(
    options: Omit<UserCertificatesOptions, 'folders'> & {
      readonly folders: readonly string[] | undefined;
    },
  ): UserCertificates | undefined {
    const { folders } = options;
    return folders === undefined ? undefined : new UserCertificates({ ...options, folders });
  }

  private constructor(options: UserCertificatesOptions) {
    const { engine, folders } = options;
    this.options = options;
    this.folders = folders.map((path) => ({ path, pair: read(path), fault: '' }));
    const certificates = this.pairs();
    this.https = engine.createTls({ certificates, protocols: HTTP_PROTOCOLS });
    this.rtmps = engine.createTls({ certificates });
    this.handshakes = new HandshakeLog(options);
    for (const folder of this.folders) this.tell(folder);
    this.schedule();
  }

  close(): void {
    this.timer?.clear();
    this.handshakes.close();
  }

  /** When the first of them ends. */
  get expiresUnixMs(): number {
    return Math.min(...this.folders.map(({ pair }) => pair.expiresUnixMs));
  }

  private pairs(): TlsPair[] {
    return this.folders.map(({ pair }) => pair);
  }

  private schedule(): void {
    this.timer = this.options.clock.setTimer(READ_AGAIN_MS, () => {
      for (const folder of this.folders) this.renew(folder);
      this.schedule();
    });
  }

  /** One folder that is of no use does not keep the others from being renewed. What
   * can be read the engine may still refuse: a key that is too short, say. */
  private renew(folder: Folder): void {
    const before = folder.pair;
    try {
      const pair = read(folder.path);
      if (!isSame(pair, before)) this.use(folder, pair);
      folder.fault = '';
    } catch (error) {
      if (folder.pair !== before) this.use(folder, before);
      this.complain(folder, error);
    }
  }

  private use(folder: Folder, pair: KeyPairFiles): void {
    folder.pair = pair;
    this.https.replace(this.pairs());
    this.rtmps.replace(this.pairs());
    this.tell(folder);
  }

  private tell({ path, pair }: Folder): void {
    const expires = new Date(pair.expiresUnixMs).toISOString();
    this.options.log.info({ folder: path, expires }, 'certificate for users read');
  }

  private complain(folder: Folder, error: unknown): void {
    const { log, counters } = this.options;
    const message = error instanceof Error ? error.message : String(error);
    if (message === folder.fault) return;
    folder.fault = message;
    const code = 'TLS_CERTIFICATE_INVALID';
    counters.count(code);
    log.warn({ code, folder: folder.path, err: error }, 'certificate not usable; old one stays');
  }
}

function read(folder: string): KeyPairFiles {
  return readKeyPair(folder, (file, cause) => {
    return new WorkerError('TLS_CERTIFICATE_INVALID', `${folder}/${file}`, { cause });
  });
}

function isSame(one: KeyPairFiles, other: KeyPairFiles): boolean {
  return one.certificate.equals(other.certificate) && one.key.equals(other.key);
}
