import type { ClusterAccess } from '../../cluster/mod.ts';

export interface SecretOptions {
  readonly namespace?: string;
  readonly type?: string;
}

/** Makes a Secret, or makes it this one: entries that are not named go. */
export async function applySecret(
  cluster: ClusterAccess,
  name: string,
  entries: Readonly<Record<string, string>>,
  { namespace = 'default', type = 'Opaque' }: SecretOptions = {},
): Promise<void> {
  const encoded = Object.entries(entries).map(([entry, text]) => {
    return [entry, Buffer.from(text).toString('base64')] as const;
  });
  const metadata = { name, namespace };
  const data = Object.fromEntries(encoded);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type, data };
  await cluster.kubectlWith(JSON.stringify(secret), 'apply', '-f', '-');
}
