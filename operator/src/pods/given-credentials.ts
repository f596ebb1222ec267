import type { Clock } from '../clock.ts';
import type { SecretStore } from '../credentials/mod.ts';
import { OperatorError } from '../errors.ts';

const KEY = 'nats.creds';
/** A Secret that somebody changed is in force after this. */
const KEPT_MS = 60_000;

interface Kept {
  readonly text: string;
  readonly atMs: number;
}

/** NATS credentials that users give us in Secrets of their own. */
export class GivenCredentials {
  private readonly store: SecretStore;
  private readonly clock: Clock;
  private readonly kept = new Map<string, Kept>();

  constructor(store: SecretStore, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Rejects with CREDENTIALS_INVALID when they are not there. */
  async read(namespace: string, name: string): Promise<string> {
    const key = `${namespace}/${name}`;
    const kept = this.kept.get(key);
    if (kept !== undefined && this.clock.nowMs() - kept.atMs < KEPT_MS) return kept.text;
    const text = (await this.store.read(namespace, name))?.data[KEY];
    if (text === undefined || text === '') {
      throw new OperatorError(
        'CREDENTIALS_INVALID',
        `Secret ${key} with the key ${KEY} is missing`,
      );
    }
    this.kept.set(key, { text, atMs: this.clock.nowMs() });
    return text;
  }

  /** As last read, for a connection that cannot wait; asks for newer ones meanwhile. */
  latest(namespace: string, name: string): string {
    this.read(namespace, name).catch(() => undefined);
    return this.kept.get(`${namespace}/${name}`)?.text ?? '';
  }
}
