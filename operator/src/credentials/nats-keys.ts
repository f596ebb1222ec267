import { createAccount, createOperator, fromPublic, fromSeed, type KeyPair } from '@nats-io/nkeys';
import type { SecretData } from './secret-store.ts';

/** What all rights on NATS come from. */
export interface NatsKeys {
  /** Signs accounts. */
  readonly operator: KeyPair;
  /** Where our users live. */
  readonly account: KeyPair;
  /** Signs workers, which get WORKER_RIGHTS and nothing else by it. */
  readonly signing: KeyPair;
  /** Public key of the account that NATS itself needs. Nobody has its seed. */
  readonly system: string;
}

export function makeNatsKeys(): NatsKeys {
  return {
    operator: createOperator(),
    account: createAccount(),
    signing: createAccount(),
    system: createAccount().getPublicKey(),
  };
}

/** Undefined when one is missing or broken. */
export function parseNatsKeys(data: SecretData): NatsKeys | undefined {
  const operator = parseSeed(data['operator.seed'], 'O');
  const account = parseSeed(data['account.seed'], 'A');
  const signing = parseSeed(data['signing.seed'], 'A');
  const system = parsePublicKey(data['system.pub'], 'A');
  if (operator === undefined || account === undefined) return undefined;
  if (signing === undefined || system === undefined) return undefined;
  return { operator, account, signing, system };
}

export function natsKeysData({ operator, account, signing, system }: NatsKeys): SecretData {
  return {
    'operator.seed': seedOf(operator),
    'account.seed': seedOf(account),
    'signing.seed': seedOf(signing),
    'system.pub': system,
  };
}

export function seedOf(pair: KeyPair): string {
  return Buffer.from(pair.getSeed()).toString();
}

function parseSeed(text: string | undefined, kind: 'O' | 'A'): KeyPair | undefined {
  if (text === undefined) return undefined;
  try {
    const pair = fromSeed(Buffer.from(text));
    return pair.getPublicKey().startsWith(kind) ? pair : undefined;
  } catch {
    return undefined;
  }
}

function parsePublicKey(text: string | undefined, kind: 'A'): string | undefined {
  if (text === undefined || !text.startsWith(kind)) return undefined;
  try {
    return fromPublic(text).getPublicKey();
  } catch {
    return undefined;
  }
}
