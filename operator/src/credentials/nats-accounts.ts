import type { KeyPair } from '@nats-io/nkeys';
import type { Logger } from 'pino';
import { OperatorError } from '../errors.ts';
import {
  areOperatorCredsSound,
  isNatsConfigSound,
  makeNatsTokens,
  makeOperatorCreds,
  renderNatsConfig,
} from './nats-claims.ts';
import { makeNatsKeys, natsKeysData, parseNatsKeys, type NatsKeys } from './nats-keys.ts';
import type { SecretData, SecretStore, StoredSecret } from './secret-store.ts';

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
  readonly signing: KeyPair;
  readonly operatorCreds: string;
}

interface Attempt {
  readonly event: NatsAccountsEvent | undefined;
  readonly keys: NatsKeys;
  readonly data: SecretData;
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
  private data: SecretData = {};
  private version: string | undefined = undefined;

  constructor(options: NatsAccountsOptions) {
    this.options = options;
  }

  /** As of the last step; undefined before the first. */
  get view(): NatsAccountsView | undefined {
    return this.keys && viewOf(this.keys, this.data);
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
      return viewOf(this.keys, this.data);
    }
  }

  private async stepped(): Promise<NatsAccountsView> {
    const { store, namespace, name } = this.options;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await store.read(namespace, name);
      if (this.keys !== undefined && stored !== undefined && stored.version === this.version) {
        return viewOf(this.keys, this.data);
      }
      const { event, keys, data } = await this.attempt(stored);
      if (event === undefined) return this.keep(keys, data, stored?.version);
      if (await store.write({ namespace, name, data, version: stored?.version })) {
        this.tell(event);
        return this.keep(keys, data, undefined);
      }
    }
    throw new OperatorError('CREDENTIALS_CONTESTED', `${namespace}/${name}`);
  }

  /** What is to be written, if there is an event. New keys would shut everybody
   * out of a server that runs, so remembered ones are preferred. */
  private async attempt(stored: StoredSecret | undefined): Promise<Attempt> {
    const parsed = stored && parseNatsKeys(stored.data);
    const keys = parsed ?? this.keys ?? makeNatsKeys();
    const kept = stored?.data ?? this.data;
    const derived = await derivedData(keys, kept);
    const data = { ...natsKeysData(keys), ...derived };
    if (parsed === undefined) {
      const isFirst = stored === undefined && this.keys === undefined;
      return { event: isFirst ? 'created' : 'lost', keys, data };
    }
    const isSame = Object.entries(derived).every(([key, value]) => kept[key] === value);
    return { event: isSame ? undefined : 'updated', keys, data };
  }

  private keep(keys: NatsKeys, data: SecretData, version: string | undefined): NatsAccountsView {
    this.keys = keys;
    this.data = data;
    this.version = version;
    return viewOf(keys, data);
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

/** What follows from the keys: as it is where it is sound, else made anew. */
async function derivedData(keys: NatsKeys, kept: SecretData): Promise<SecretData> {
  const tokens = await makeNatsTokens(keys);
  const config = kept['auth.conf'];
  const creds = kept['operator.creds'];
  const isConfigSound = await isNatsConfigSound(config, keys, tokens);
  const areCredsSound = await areOperatorCredsSound(creds, keys);
  return {
    'auth.conf': isConfigSound && config !== undefined ? config : renderNatsConfig(keys, tokens),
    'operator.creds': areCredsSound && creds !== undefined ? creds : await makeOperatorCreds(keys),
    'account.pub': keys.account.getPublicKey(),
  };
}

function viewOf({ account, signing }: NatsKeys, data: SecretData): NatsAccountsView {
  return {
    account: account.getPublicKey(),
    signing,
    operatorCreds: data['operator.creds'] ?? '',
  };
}
