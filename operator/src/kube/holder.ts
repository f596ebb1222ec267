/** Who holds the Lease, and where it is reached. */
export interface Holder {
  readonly podName: string;
  readonly host: string;
  readonly port: number;
}

const IDENTITY = /^([^_]+)_(?:\[([0-9a-fA-F:.%]+)\]|([^_:[\]]+)):(\d{1,5})$/;
const MAX_PORT = 65_535;

/** `pod_host:port`. Names of pods have no underscore. */
export function holderIdentity({ podName, host, port }: Holder): string {
  return `${podName}_${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Undefined for what is nobody's, or no operator's of ours. */
export function parseHolder(identity: string | undefined): Holder | undefined {
  const match = IDENTITY.exec(identity ?? '');
  if (match === null) return undefined;
  const [, podName = '', v6, name = '', digits] = match;
  const port = Number(digits);
  return port > MAX_PORT ? undefined : { podName, host: v6 ?? name, port };
}
