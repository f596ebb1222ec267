import { credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { WorkerError } from '../../errors.ts';

/** What a connection is made with. */
export type NatsSecrets = Pick<NodeConnectionOptions, 'authenticator' | 'inboxPrefix'>;

const FILE = 'nats.creds';
/** A JWT and a seed, each between two lines of dashes. */
const CREDENTIALS =
  /-{3,}[^\n]*-{3,}\n.+\n\s*-{3,}[^\n]*-{3,}[\s\S]*-{3,}[^\n]*-{3,}\n.+\n\s*-{3,}/;

/** The credentials file of a worker, which may change, come and go. */
export class NatsCredentials {
  private readonly file: string;
  private readonly worker: string;
  private used = '';

  constructor(folder: string, worker: string) {
    this.file = path.join(folder, FILE);
    this.worker = worker;
  }

  /** Where there is no file NATS needs none. Throws CREDENTIALS_INVALID. */
  secrets(): NatsSecrets {
    const text = this.read();
    if (text === '') return {};
    if (!CREDENTIALS.test(text)) throw new WorkerError('CREDENTIALS_INVALID', FILE);
    return {
      // Called at each reconnect; what was there before is better than nothing.
      authenticator: (nonce) => credsAuthenticator(Buffer.from(this.newest(text)))(nonce),
      // The only inbox that its rights are for.
      inboxPrefix: `_INBOX_${this.worker}`,
    };
  }

  /** The file is another one than the connection was made with. */
  get isStale(): boolean {
    return this.read() !== this.used;
  }

  private newest(before: string): string {
    const text = this.read();
    this.used = CREDENTIALS.test(text) ? text : before;
    return this.used;
  }

  private read(): string {
    try {
      return readFileSync(this.file, 'utf8');
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isMissing) return '';
      throw new WorkerError('CREDENTIALS_INVALID', FILE, { cause: error });
    }
  }
}
