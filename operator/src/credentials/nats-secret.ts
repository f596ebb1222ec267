import { natsKeysData, type NatsKeys } from './nats-keys.ts';
import { WORKER_RIGHTS } from './nats-rights.ts';
import { natsCreds, natsToken } from './nats-token.ts';
import type { SecretData } from './secret-store.ts';

const UNLIMITED = -1;
/** Limits that are left out would be 0. */
const NO_LIMITS = {
  subs: UNLIMITED,
  data: UNLIMITED,
  payload: UNLIMITED,
  imports: UNLIMITED,
  exports: UNLIMITED,
  wildcards: true,
  conn: UNLIMITED,
  leaf: UNLIMITED,
};
const JETSTREAM_LIMITS = {
  mem_storage: UNLIMITED,
  disk_storage: UNLIMITED,
  streams: UNLIMITED,
  consumer: UNLIMITED,
};
/** Not a time: all tokens of the same keys are the same, so a Secret is as it
 * should be if it is equal to what its keys give. */
const ISSUED_SECONDS = 1;

/** The whole Secret, which follows from the keys. */
export function natsSecretData(keys: NatsKeys): SecretData {
  return {
    ...natsKeysData(keys),
    'auth.conf': serverConfig(keys),
    'operator.creds': operatorCreds(keys),
    'account.pub': keys.account.publicKey,
  };
}

/** Everything within the account, for ever. */
export function operatorCreds({ account, user }: NatsKeys): string {
  const token = natsToken(
    {
      sub: user.publicKey,
      name: 'streamcluster-operator',
      iat: ISSUED_SECONDS,
      nats: { type: 'user', data: UNLIMITED, payload: UNLIMITED, subs: UNLIMITED },
    },
    account,
  );
  return natsCreds(token, user);
}

/** What the configuration of nats-server includes. */
function serverConfig(keys: NatsKeys): string {
  const { operator, system, account } = keys;
  return [
    `operator: ${operatorToken(keys)}`,
    `system_account: ${system.publicKey}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    `  ${account.publicKey}: ${accountToken(keys)}`,
    `  ${system.publicKey}: ${systemToken({ operator, system })}`,
    '}',
    '',
  ].join('\n');
}

function operatorToken({ operator, system }: NatsKeys): string {
  const nats = { type: 'operator', system_account: system.publicKey } as const;
  const name = 'streamcluster';
  return natsToken({ sub: operator.publicKey, name, iat: ISSUED_SECONDS, nats }, operator);
}

function accountToken({ operator, account, signing }: NatsKeys): string {
  const key = signing.publicKey;
  const scope = { kind: 'user_scope', key, role: 'worker', template: WORKER_RIGHTS };
  const limits = { ...NO_LIMITS, ...JETSTREAM_LIMITS };
  const nats = { type: 'account', limits, signing_keys: [scope] } as const;
  const name = 'streamcluster';
  return natsToken({ sub: account.publicKey, name, iat: ISSUED_SECONDS, nats }, operator);
}

function systemToken({ operator, system }: Pick<NatsKeys, 'operator' | 'system'>): string {
  const nats = { type: 'account', limits: NO_LIMITS } as const;
  return natsToken({ sub: system.publicKey, name: 'system', iat: ISSUED_SECONDS, nats }, operator);
}
