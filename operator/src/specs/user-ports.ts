import type { StreamClusterSpec } from '../api/spec.ts';
import type { StreamCluster } from '../api/stream-cluster.ts';
import { HTTP_PORT, HTTPS_PORT, RTMP_PORT, RTMPS_PORT } from './ports.ts';

interface UserPort {
  readonly name: string;
  readonly port: number;
}

/** What users may connect to; with TLS only where there is a certificate. */
export function userPorts(resource: StreamCluster): readonly UserPort[] {
  const plain = [
    { name: 'rtmp', port: RTMP_PORT },
    { name: 'http', port: HTTP_PORT },
  ];
  if (!hasTls(resource)) return plain;
  return [...plain, { name: 'rtmps', port: RTMPS_PORT }, { name: 'https', port: HTTPS_PORT }];
}

export function hasTls({ spec }: { readonly spec: Pick<StreamClusterSpec, 'tls'> }): boolean {
  return (spec.tls.secretNames ?? []).length > 0;
}
