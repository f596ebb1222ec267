import type { SecretData, SecretStore, SecretWrite, StoredSecret } from '../credentials/mod.ts';
import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  resources,
  type KubeClient,
  type Secret,
} from '../kube/mod.ts';
import { MANAGED_BY, MANAGER } from '../specs/names.ts';

/** Secrets of the installation itself, on the API server. */
export class KubeSecretStore implements SecretStore {
  private readonly client: KubeClient;

  constructor(client: KubeClient) {
    this.client = client;
  }

  async read(namespace: string, name: string): Promise<StoredSecret | undefined> {
    try {
      const secret = await this.client.get(resources.secrets, { namespace, name });
      return { data: decoded(secret), version: secret.metadata.resourceVersion };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async write({ namespace, name, data, version }: SecretWrite): Promise<boolean> {
    const labels = { [MANAGED_BY]: MANAGER };
    const body = { type: 'Opaque', data: encoded(data) };
    try {
      if (version === undefined) {
        await this.client.create(resources.secrets, {
          metadata: { namespace, name, labels },
          ...body,
        });
      } else {
        const metadata = { namespace, name, labels, resourceVersion: version };
        await this.client.update(resources.secrets, { metadata, ...body });
      }
      return true;
    } catch (error) {
      if (isAlreadyExists(error) || isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }
}

/** A Secret's values as text. */
export function decoded({ data = {} }: Pick<Secret, 'data'>): SecretData {
  const entries = Object.entries(data).map(([key, value]) => {
    return [key, Buffer.from(value, 'base64').toString()] as const;
  });
  return Object.fromEntries(entries);
}

export function encoded(data: SecretData): Record<string, string> {
  const entries = Object.entries(data).map(([key, value]) => {
    return [key, Buffer.from(value).toString('base64')] as const;
  });
  return Object.fromEntries(entries);
}
