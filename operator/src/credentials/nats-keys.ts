import { Nkey } from './nkey.ts';
import type { SecretData } from './secret-store.ts';

/** What all rights on NATS come from. */
export interface NatsKeys {
  /** Signs accounts. */
  readonly operator: Nkey;
  /** The account that NATS itself needs; it has no users. */
  readonly system: Nkey;
  /** Where our users live. */
  readonly account: Nkey;
  /** Signs workers, which get WORKER_RIGHTS and nothing else by it. */
  readonly signing: Nkey;
  /** The user that operators are. */
  readonly user: Nkey;
}

export function makeNatsKeys(): NatsKeys {
  return {
    operator: Nkey.make('operator'),
    system: Nkey.make('account'),
    account: Nkey.make('account'),
    signing: Nkey.make('account'),
    user: Nkey.make('user'),
  };
}

/** Undefined when one is missing or broken. */
export function parseNatsKeys(data: SecretData): NatsKeys | undefined {
  const operator = Nkey.parse('operator', data['operator.seed']);
  const system = Nkey.parse('account', data['system.seed']);
  const account = Nkey.parse('account', data['account.seed']);
  const signing = Nkey.parse('account', data['signing.seed']);
  const user = Nkey.parse('user', data['user.seed']);
  if (operator === undefined || system === undefined || user === undefined) return undefined;
  if (account === undefined || signing === undefined) return undefined;
  return { operator, system, account, signing, user };
}

export function natsKeysData(keys: NatsKeys): SecretData {
  return {
    'operator.seed': keys.operator.seed,
    'system.seed': keys.system.seed,
    'account.seed': keys.account.seed,
    'signing.seed': keys.signing.seed,
    'user.seed': keys.user.seed,
  };
}
