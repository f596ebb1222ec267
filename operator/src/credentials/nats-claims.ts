import {
  createUser,
  decode,
  encodeAccount,
  encodeOperator,
  encodeUser,
  equivalent,
  fmtCreds,
  parseCreds,
  type OperatorLimits,
} from '@nats-io/jwt';
import { fromSeed } from '@nats-io/nkeys';
import type { NatsKeys } from './nats-keys.ts';
import { WORKER_RIGHTS } from './nats-rights.ts';

/** The three tokens that a server is started with. */
export interface NatsTokens {
  readonly operator: string;
  readonly account: string;
  readonly system: string;
}

/** No limits but the machine's; those left out would be 0. */
const NO_LIMITS: OperatorLimits = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
};
const JETSTREAM: OperatorLimits = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

const TOKEN = '[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+';
const CONFIG = new RegExp(
  `^operator: (${TOKEN})\\n[\\s\\S]*: (${TOKEN})\\n.*: (${TOKEN})\\n\\}\\n$`,
);

export async function makeNatsTokens(keys: NatsKeys): Promise<NatsTokens> {
  const { operator, account, signing, system } = keys;
  const scope = {
    kind: 'user_scope' as const,
    key: signing.getPublicKey(),
    role: 'worker',
    template: WORKER_RIGHTS,
  };
  const accountClaims = { limits: { ...NO_LIMITS, ...JETSTREAM }, signing_keys: [scope] };
  const options = { signer: operator };
  return {
    operator: await encodeOperator('streamcluster', operator, { system_account: system }),
    account: await encodeAccount('streamcluster', account, accountClaims, options),
    system: await encodeAccount('system', system, { limits: NO_LIMITS }, options),
  };
}

/** What the configuration of nats-server includes. */
export function renderNatsConfig(keys: NatsKeys, tokens: NatsTokens): string {
  return [
    `operator: ${tokens.operator}`,
    `system_account: ${keys.system}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    `  ${keys.account.getPublicKey()}: ${tokens.account}`,
    `  ${keys.system}: ${tokens.system}`,
    '}',
    '',
  ].join('\n');
}

/** Whether a server that reads it gives the rights that this operator means. */
export async function isNatsConfigSound(
  text: string | undefined,
  keys: NatsKeys,
  wanted: NatsTokens,
): Promise<boolean> {
  const [, operator, account, system] = CONFIG.exec(text ?? '') ?? [];
  if (operator === undefined || account === undefined || system === undefined) return false;
  if (text !== renderNatsConfig(keys, { operator, account, system })) return false;
  try {
    const pairs = [
      await equivalent(operator, wanted.operator),
      await equivalent(account, wanted.account),
      await equivalent(system, wanted.system),
    ];
    return pairs.every(Boolean);
  } catch {
    return false;
  }
}

/** Credentials of the operator itself: everything within the account, for ever. */
export async function makeOperatorCreds({ account }: NatsKeys): Promise<string> {
  const user = createUser();
  const token = await encodeUser('streamcluster-operator', user, account);
  return Buffer.from(fmtCreds(token, user)).toString();
}

export async function areOperatorCredsSound(
  text: string | undefined,
  { account }: NatsKeys,
): Promise<boolean> {
  try {
    const { key, jwt } = await parseCreds(Buffer.from(text ?? ''));
    const { iss, sub, exp } = decode(jwt);
    const isOurs = iss === account.getPublicKey() && exp === undefined;
    return isOurs && fromSeed(Buffer.from(key)).getPublicKey() === sub;
  } catch {
    return false;
  }
}
