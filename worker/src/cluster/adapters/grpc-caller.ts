import type { ServerUnaryCall } from '@grpc/grpc-js';

/** Which StreamCluster a worker belongs to. */
export interface ClusterName {
  readonly namespace: string;
  readonly cluster: string;
}

type AuthenticatedCall = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

const DOMAIN = 'streamcluster.internal';

/** What clients of the operator verify (docs/kubernetes.md). */
export const OPERATOR_NAME = `operator.${DOMAIN}`;

/** What clients of any worker of a cluster verify. Neither part has dots. */
export function workersName({ namespace, cluster }: ClusterName): string {
  return `workers.${cluster}.${namespace}.${DOMAIN}`;
}

/** What workers may ask of one another; all else is the operator's. */
const OF_WORKERS = ['assign', 'release', 'prepare', 'serve'];

/** Whether a certificate with these names may call the method. */
export function mayCall(method: string, names: readonly string[], own: ClusterName): boolean {
  if (names.includes(OPERATOR_NAME)) return true;
  return OF_WORKERS.includes(method) && names.includes(workersName(own));
}

/** DNS names of the certificate that the server's credentials have verified. */
export function namesOfCaller(call: AuthenticatedCall): string[] {
  const { sslPeerCertificate } = call.getAuthContext();
  return dnsNames(sslPeerCertificate?.subjectaltname ?? '');
}

/** Pure. Node puts names that hold separators in quotes: those are never ours. */
export function dnsNames(subjectAltName: string): string[] {
  return subjectAltName.split(', ').flatMap((name) => {
    return name.startsWith('DNS:') ? [name.slice('DNS:'.length)] : [];
  });
}
