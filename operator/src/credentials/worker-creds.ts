import { z } from 'zod';
import type { WorkerIdentity } from './names.ts';
import type { NatsAccountsView } from './nats-accounts.ts';
import { rightsTags } from './nats-rights.ts';
import { natsCreds, natsToken } from './nats-token.ts';
import { Nkey } from './nkey.ts';

export interface WorkerCredsInput {
  readonly identity: WorkerIdentity;
  readonly bucket: string;
  readonly accounts: NatsAccountsView;
  readonly lifetimeMs: number;
  readonly nowMs: number;
}

export type CredsFault = 'missing' | 'unreadable' | 'other-account' | 'other-rights' | 'due';

/** Renewed after this share of its life at the latest. */
const RENEW_AT_SHARE = 1 / 2;

const CREDS =
  /BEGIN NATS USER JWT-+\n[\w-]+\.([\w-]+)\.[\w-]+\n[\s\S]*BEGIN USER NKEY SEED-+\nSU[A-Z2-7]{56}\n/;

const claimsSchema = z.object({
  name: z.string(),
  iss: z.string(),
  exp: z.number(),
  nats: z.object({ issuer_account: z.string(), tags: z.array(z.string()) }),
});

/** Credentials of one worker; the server gives them WORKER_RIGHTS. */
export function makeWorkerCreds(input: WorkerCredsInput): string {
  const { identity, bucket, accounts, lifetimeMs, nowMs } = input;
  const user = Nkey.make('user');
  const token = natsToken(
    {
      sub: user.publicKey,
      name: identity.pod,
      iat: Math.floor(nowMs / 1_000),
      exp: Math.floor((nowMs + lifetimeMs) / 1_000),
      nats: {
        type: 'user',
        issuer_account: accounts.account,
        tags: rightsTags(identity, bucket),
      },
    },
    accounts.signing,
  );
  return natsCreds(token, user);
}

/** Undefined: they are as they should be. The signature is the server's to check. */
export function workerCredsFault(
  text: string | undefined,
  input: WorkerCredsInput,
): CredsFault | undefined {
  if (text === undefined) return 'missing';
  const claims = parseClaims(text);
  if (claims === undefined) return 'unreadable';
  const { identity, bucket, accounts, lifetimeMs, nowMs } = input;
  const { name, iss, exp, nats } = claims;
  const isOurs = iss === accounts.signing.publicKey;
  if (!isOurs || nats.issuer_account !== accounts.account) return 'other-account';
  const tags = rightsTags(identity, bucket);
  if (name !== identity.pod || nats.tags.join() !== tags.join()) return 'other-rights';
  return nowMs >= exp * 1_000 - lifetimeMs * (1 - RENEW_AT_SHARE) ? 'due' : undefined;
}

function parseClaims(text: string): z.infer<typeof claimsSchema> | undefined {
  const claims = CREDS.exec(text)?.[1];
  if (claims === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString());
    return claimsSchema.safeParse(value).data;
  } catch {
    return undefined;
  }
}
