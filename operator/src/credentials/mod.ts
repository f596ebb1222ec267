export {
  Authority,
  type AuthorityEvent,
  type AuthorityOptions,
  type AuthorityView,
} from './authority.ts';
export { AUTHORITY_TIMES, type AuthorityTimes } from './authority-step.ts';
export { isOperator, isWorkerOf, type AuthenticatedCall, type ClusterName } from './authorise.ts';
export { OPERATOR_NAME, workersName, type WorkerIdentity } from './names.ts';
export {
  NatsAccounts,
  type NatsAccountsEvent,
  type NatsAccountsOptions,
  type NatsAccountsView,
} from './nats-accounts.ts';
export { natsAuthenticator } from './nats-authenticator.ts';
export { OperatorCertificate } from './operator-certificate.ts';
export type { SecretData, SecretStore, SecretWrite, StoredSecret } from './secret-store.ts';
export {
  makeWorkerSecret,
  workerSecretFault,
  type NatsCredentials,
  type WorkerSecretFault,
  type WorkerSecretInput,
} from './worker-secret.ts';
