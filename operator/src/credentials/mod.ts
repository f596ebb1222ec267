export { Authority, type AuthorityView } from './authority.ts';
export { isOperator, isWorkerOf } from './authorise.ts';
export { OPERATOR_NAME, workersName } from './names.ts';
export { NatsAccounts } from './nats-accounts.ts';
export { natsAuthenticator } from './nats-authenticator.ts';
export { OperatorCertificate } from './operator-certificate.ts';
export { consoleKeyOf, segmentKeyOf } from './segment-key.ts';
export type { SecretData, SecretStore, SecretWrite, StoredSecret } from './secret-store.ts';
export {
  makeWorkerSecret,
  workerSecretFault,
  type NatsCredentials,
  type WorkerSecretInput,
} from './worker-secret.ts';
