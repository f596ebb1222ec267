import type { experimental } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../../stream/clock.ts';
import { readTlsFiles, type TlsFiles } from './credentials-files.ts';

export interface CertificatesOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

type CertificateProvider = experimental.CertificateProvider;
type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

/** The kubelet is slower; watching files would miss its swaps of links. */
const READ_AGAIN_MS = 10_000;

/** This worker's certificate and whom it believes, as files that change. What
 * connects later uses the newer ones, what is connected stays. */
export class Certificates implements CertificateProvider {
  private readonly options: CertificatesOptions;
  private readonly caListeners = new Set<CaListener>();
  private readonly identityListeners = new Set<IdentityListener>();
  private files: TlsFiles | undefined = undefined;
  private timer: Timer | undefined = undefined;
  /** Said once. */
  private fault = '';

  constructor(options: CertificatesOptions) {
    this.options = options;
  }

  /** Throws CREDENTIALS_INVALID: without them it can speak with nobody. */
  start(): void {
    this.take(readTlsFiles(this.options.folder));
    this.schedule();
  }

  close(): void {
    this.timer?.clear();
  }

  /** 0: not read yet. */
  get expiresUnixMs(): number {
    return this.files?.expiresUnixMs ?? 0;
  }

  addCaCertificateListener(listener: CaListener): void {
    this.caListeners.add(listener);
    tellTwice(() => {
      const { files } = this;
      const listens = this.caListeners.has(listener);
      if (files !== undefined && listens) listener({ caCertificate: files.ca });
    });
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.add(listener);
    tellTwice(() => {
      const listens = this.identityListeners.has(listener);
      if (this.files !== undefined && listens) listener(identityOf(this.files));
    });
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.delete(listener);
  }

  private schedule(): void {
    this.timer = this.options.clock.setTimer(READ_AGAIN_MS, () => {
      this.readAgain();
      this.schedule();
    });
  }

  private readAgain(): void {
    const { folder, log, counters } = this.options;
    try {
      this.take(readTlsFiles(folder));
      this.fault = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === this.fault) return;
      this.fault = message;
      counters.count('CREDENTIALS_INVALID');
      log.warn(
        { code: 'CREDENTIALS_INVALID', err: error },
        'credentials not usable; old ones stay',
      );
    }
  }

  private take(files: TlsFiles): void {
    if (isSame(files, this.files)) return;
    this.files = files;
    const expires = new Date(files.expiresUnixMs).toISOString();
    this.options.log.info({ expires }, 'certificate read');
    for (const listener of this.caListeners) listener({ caCertificate: files.ca });
    for (const listener of this.identityListeners) listener(identityOf(files));
  }
}

/** At once, because a channel that comes back from idle has kept an old one; and
 * again, because a server begins to listen to its credentials after it is told. */
function tellTwice(tell: () => void): void {
  tell();
  process.nextTick(tell);
}

function identityOf({ certificate, key }: TlsFiles): experimental.IdentityCertificateUpdate {
  return { certificate, privateKey: key };
}

function isSame(files: TlsFiles, other: TlsFiles | undefined): boolean {
  if (other === undefined) return false;
  const { ca, certificate, key } = files;
  return ca.equals(other.ca) && certificate.equals(other.certificate) && key.equals(other.key);
}
