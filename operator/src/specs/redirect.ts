import type { StreamClusterSpec } from '../api/spec.ts';
import { HTTP_PORT, HTTPS_PORT } from './ports.ts';
import { hasTls } from './user-ports.ts';

type Spec = Pick<StreamClusterSpec, 'service' | 'tls'>;

/** What stands for a worker in `service.redirect.host`. */
export type HostValues = Readonly<Record<'node' | 'nodeIP' | 'podIP' | 'pod' | 'slot', string>>;

/** Ports for HTTP; encrypted ones where there is a certificate. */
interface HttpPorts {
  readonly http: number;
  readonly https: number | undefined;
}

/** Whether viewers are sent to workers that serve their stream. */
export function redirects({ redirect }: StreamClusterSpec['service']): boolean {
  return redirect.mode !== 'Disabled';
}

/** Ports of its node that one worker alone has. */
export function portsOfSlot(spec: Spec, slot: number): HttpPorts {
  const http = spec.service.redirect.firstPort + 2 * slot;
  return { http, https: hasTls({ spec }) ? http + 1 : undefined };
}

/** Where viewers reach a worker's pod; undefined: nowhere but by the Service. */
export function publicPorts(spec: Spec, slot: number): HttpPorts | undefined {
  switch (spec.service.redirect.mode) {
    case 'Disabled':
      return undefined;
    case 'HostPorts':
      return portsOfSlot(spec, slot);
    case 'PodAddresses':
      return { http: HTTP_PORT, https: hasTls({ spec }) ? HTTPS_PORT : undefined };
  }
}

export function publicHost({ redirect }: StreamClusterSpec['service'], values: HostValues): string {
  const { host = redirect.mode === 'PodAddresses' ? '{podIP}' : '{nodeIP}' } = redirect;
  return host.replace(/\{(\w+)\}/g, (_all, name: keyof HostValues) => values[name]);
}
