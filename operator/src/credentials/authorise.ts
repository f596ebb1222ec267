import type { ServerUnaryCall } from '@grpc/grpc-js';
import { parseDnsNames } from './certificate.ts';
import { OPERATOR_NAME, workersName } from './names.ts';

/** The part of a call that says who calls. */
export type AuthenticatedCall = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

export interface ClusterName {
  readonly namespace: string;
  readonly cluster: string;
}

/** Whether the caller is a worker of this very cluster, by its certificate. The
 * server's credentials have verified that. */
export function isWorkerOf(call: AuthenticatedCall, { namespace, cluster }: ClusterName): boolean {
  return peerNames(call).includes(workersName(namespace, cluster));
}

/** Whether another operator passes a call on. */
export function isOperator(call: AuthenticatedCall): boolean {
  return peerNames(call).includes(OPERATOR_NAME);
}

function peerNames(call: AuthenticatedCall): readonly string[] {
  return parseDnsNames(call.getAuthContext().sslPeerCertificate?.subjectaltname) ?? [];
}
