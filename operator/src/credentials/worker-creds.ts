import { createUser, encodeUser, fmtCreds } from '@nats-io/jwt';
import { z } from 'zod';
import type { WorkerIdentity } from './names.ts';
import type { NatsAccountsView } from './nats-accounts.ts';
import { rightsTags } from './nats-rights.ts';

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
export async function makeWorkerCreds(input: WorkerCredsInput): Promise<string> {
  const { identity, bucket, accounts, lifetimeMs, nowMs } = input;
  const user = createUser();
  const claims = { tags: rightsTags(identity, bucket) };
  const token = await encodeUser(identity.pod, user, accounts.account, claims, {
    scopedUser: true,
    signer: accounts.signing,
    exp: Math.floor((nowMs + lifetimeMs) / 1_000),
  });
  return Buffer.from(fmtCreds(token, user)).toString();
}

/** Undefined: they are as they should be. The signature is not looked at: it
 * costs milliseconds, and the server does. */
export function workerCredsFault(
  text: string | undefined,
  input: WorkerCredsInput,
): CredsFault | undefined {
  if (text === undefined) return 'missing';
  const claims = parseClaims(text);
  if (claims === undefined) return 'unreadable';
  const { identity, bucket, accounts, lifetimeMs, nowMs } = input;
  const { name, iss, exp, nats } = claims;
  const isOurs = iss === accounts.signing.getPublicKey();
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
