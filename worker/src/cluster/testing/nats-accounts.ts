import { nkeys } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';

type Key = ReturnType<typeof nkeys.createUser>;

export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const NO_LIMIT = -1;
const LIMITS = {
  subs: NO_LIMIT,
  data: NO_LIMIT,
  payload: NO_LIMIT,
  imports: NO_LIMIT,
  exports: NO_LIMIT,
  conn: NO_LIMIT,
  leaf: NO_LIMIT,
  wildcards: true,
  mem_storage: NO_LIMIT,
  disk_storage: NO_LIMIT,
  streams: NO_LIMIT,
  consumer: NO_LIMIT,
};

/** An account of a NATS server and the credentials of its users, as JWTs. */
export class NatsAccounts {
  private readonly operator = nkeys.createOperator();
  private readonly system = nkeys.createAccount();
  private readonly account = nkeys.createAccount();

  /** For nats-server. */
  get config(): string {
    const { operator, system, account } = this;
    const root = signed(operator, operator, { type: 'operator', version: 2 });
    const preload = [system, account].map((key) => {
      // JetStream itself lives in the system's account and has no limits there.
      const limits = key === system ? {} : LIMITS;
      const jwt = signed(operator, key, { type: 'account', version: 2, limits });
      return `${key.getPublicKey()}: ${jwt}`;
    });
    return [
      `operator: ${root}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      `resolver_preload: { ${preload.join(', ')} }`,
      '',
    ].join('\n');
  }

  /** A file of credentials. */
  credentialsFor(name: string, rights: Rights): string {
    const user = nkeys.createUser();
    const jwt = signed(this.account, user, {
      type: 'user',
      version: 2,
      name,
      pub: { allow: rights.publish },
      sub: { allow: rights.subscribe },
      subs: NO_LIMIT,
      data: NO_LIMIT,
      payload: NO_LIMIT,
    });
    const seed = Buffer.from(user.getSeed()).toString();
    return `${part('NATS USER JWT', jwt)}\n${part('USER NKEY SEED', seed)}`;
  }
}

function part(title: string, text: string): string {
  return `-----BEGIN ${title}-----\n${text}\n------END ${title}------\n`;
}

function signed(issuer: Key, subject: Key, nats: object): string {
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: 'test',
    nats,
  };
  const head = encoded({ typ: 'JWT', alg: 'ed25519-nkey' });
  const signing = `${head}.${encoded(claims)}`;
  const signature = Buffer.from(issuer.sign(Buffer.from(signing)));
  return `${signing}.${signature.toString('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
