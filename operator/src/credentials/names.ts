/** Who a worker is, in its certificate and its rights on NATS. */
export interface WorkerIdentity {
  readonly namespace: string;
  readonly cluster: string;
  readonly pod: string;
}

const DOMAIN = 'streamcluster.internal';

/** What clients of an operator verify. */
export const OPERATOR_NAME = `operator.${DOMAIN}`;

/** What clients of any worker of a cluster verify. Neither part has dots. */
export function workersName(namespace: string, cluster: string): string {
  return `workers.${cluster}.${namespace}.${DOMAIN}`;
}

/** The names that a worker's certificate is for. */
export function workerNames({ namespace, cluster, pod }: WorkerIdentity): readonly string[] {
  return [`${pod}.${cluster}.${namespace}.${DOMAIN}`, workersName(namespace, cluster)];
}
