import type { AuthorityView } from './authority.ts';
import type { WorkerIdentity } from './names.ts';
import type { NatsAccountsView } from './nats-accounts.ts';
import type { SecretData } from './secret-store.ts';
import {
  makeWorkerCertificate,
  workerCertificateFault,
  type CertificateFault,
} from './worker-certificate.ts';
import {
  makeWorkerCreds,
  workerCredsFault,
  type CredsFault,
  type WorkerCredsInput,
} from './worker-creds.ts';

/** Where a worker's `nats.creds` come from. */
export type NatsCredentials =
  | { readonly kind: 'accounts'; readonly accounts: NatsAccountsView; readonly bucket: string }
  /** Those of the Secret that the StreamCluster names: the rights are shared. */
  | { readonly kind: 'given'; readonly creds: string }
  | { readonly kind: 'none' };

export interface WorkerSecretInput {
  readonly identity: WorkerIdentity;
  readonly view: AuthorityView;
  readonly nats: NatsCredentials;
  readonly nowMs: number;
}

export type WorkerSecretFault = CertificateFault | `nats-${CredsFault | 'other'}`;

/** NATS credentials are renewed with the certificate and live longer: a
 * worker's connection ends with them. */
const CREDS_LIVES = 3;

const CREDS_KEY = 'nats.creds';

/** Why a worker's Secret must be written; undefined: it is as it should be. */
export function workerSecretFault(
  data: SecretData | undefined,
  input: WorkerSecretInput,
): WorkerSecretFault | undefined {
  const { identity, view, nowMs } = input;
  return workerCertificateFault(data, identity, view, nowMs) ?? natsFault(data?.[CREDS_KEY], input);
}

/** All keys of a worker's Secret, made anew. */
export async function makeWorkerSecret(input: WorkerSecretInput): Promise<SecretData> {
  const { identity, view, nats, nowMs } = input;
  const { files } = await makeWorkerCertificate(identity, view, nowMs);
  if (nats.kind === 'none') return { ...files };
  const creds = nats.kind === 'given' ? nats.creds : makeWorkerCreds(credsInput(input, nats));
  return { ...files, [CREDS_KEY]: creds };
}

function natsFault(
  creds: string | undefined,
  input: WorkerSecretInput,
): WorkerSecretFault | undefined {
  const { nats } = input;
  if (nats.kind === 'accounts') {
    const fault = workerCredsFault(creds, credsInput(input, nats));
    return fault && `nats-${fault}`;
  }
  const wanted = nats.kind === 'given' ? nats.creds : undefined;
  return creds === wanted ? undefined : 'nats-other';
}

function credsInput(
  { identity, view, nowMs }: WorkerSecretInput,
  { accounts, bucket }: Extract<NatsCredentials, { kind: 'accounts' }>,
): WorkerCredsInput {
  const lifetimeMs = view.leafLifetimeMs * CREDS_LIVES;
  return { identity, bucket, accounts, lifetimeMs, nowMs };
}
