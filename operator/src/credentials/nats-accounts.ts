import type { Logger } from 'pino';
import { OperatorError } from '../errors.ts';
import { makeNatsKeys, parseNatsKeys, type NatsKeys } from './nats-keys.ts';
import { natsSecretData, operatorCreds } from './nats-secret.ts';
import type { Nkey } from './nkey.ts';
import { isSameData, type SecretStore, type StoredSecret } from './secret-store.ts';

export type NatsAccountsEvent = 'created' | 'lost' | 'updated' | 'unreachable';

export interface NatsAccountsOptions {
  readonly store: SecretStore;
  readonly namespace: string;
  readonly name: string;
  readonly log: Logger;
  /** Told of everything that happens to the Secret, to be counted. */
  readonly onEvent: (event: NatsAccountsEvent) => void;
}

/** What credentials on our own NATS are made from. */
export interface NatsAccountsView {
  /** Public key of the account. */
  readonly account: string;
  readonly signing: Nkey;
  readonly operatorCreds: string;
}

interface Attempt {
  readonly event: NatsAccountsEvent | undefined;
  readonly keys: NatsKeys;
}

const MAX_ATTEMPTS = 5;

/**
 * The accounts of a NATS that is ours, in one Secret: `auth.conf` for the server,
 * `operator.creds` for operators, and the keys, from which all else is made again.
 * Made once, by whoever is first. The server reads it when it starts or is told to.
 */
export class NatsAccounts {
  private readonly options: NatsAccountsOptions;
  private keys: NatsKeys | undefined = undefined;
  private version: string | undefined = undefined;

  constructor(options: NatsAccountsOptions) {
    this.options = options;
  }

  /** As of the last step; undefined before the first. */
  get view(): NatsAccountsView | undefined {
    return this.keys && viewOf(this.keys);
  }

  /** Level-triggered: makes what is missing or broken. Rejects only if the API
   * server does not answer and there is nothing to go on with. */
  async step(): Promise<NatsAccountsView> {
    try {
      return await this.stepped();
    } catch (error) {
      this.options.onEvent('unreachable');
      if (this.keys === undefined) throw error;
      this.options.log.warn(
        { err: error },
        'Secret of the NATS accounts cannot be read or written',
      );
      return viewOf(this.keys);
    }
  }

  private async stepped(): Promise<NatsAccountsView> {
    const { store, namespace, name } = this.options;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await store.read(namespace, name);
      if (this.keys !== undefined && stored !== undefined && stored.version === this.version) {
        return viewOf(this.keys);
      }
      const { event, keys } = this.attempt(stored);
      if (event === undefined) return this.keep(keys, stored?.version);
      const data = natsSecretData(keys);
      if (await store.write({ namespace, name, data, version: stored?.version })) {
        this.tell(event);
        return this.keep(keys, undefined);
      }
    }
    throw new OperatorError('CREDENTIALS_CONTESTED', `${namespace}/${name}`);
  }

  /** What is to be written, if there is an event. New keys would shut everybody
   * out of a server that runs, so remembered ones are preferred. */
  private attempt(stored: StoredSecret | undefined): Attempt {
    const parsed = stored && parseNatsKeys(stored.data);
    if (stored === undefined || parsed === undefined) {
      const isFirst = stored === undefined && this.keys === undefined;
      return { event: isFirst ? 'created' : 'lost', keys: this.keys ?? makeNatsKeys() };
    }
    const isSound = isSameData(stored.data, natsSecretData(parsed));
    return { event: isSound ? undefined : 'updated', keys: parsed };
  }

  private keep(keys: NatsKeys, version: string | undefined): NatsAccountsView {
    this.keys = keys;
    this.version = version;
    return viewOf(keys);
  }

  private tell(event: NatsAccountsEvent): void {
    const { log, namespace, name, onEvent } = this.options;
    onEvent(event);
    const fields = { event, secret: { namespace, name } };
    if (event === 'lost') {
      log.error({ ...fields, code: 'CREDENTIALS_INVALID' }, 'NATS accounts made anew');
    } else {
      log.info(fields, 'NATS accounts changed');
    }
  }
}

function viewOf(keys: NatsKeys): NatsAccountsView {
  const { account, signing } = keys;
  return { account: account.publicKey, signing, operatorCreds: operatorCreds(keys) };
}
