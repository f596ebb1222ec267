import type { SecretData, SecretStore, SecretWrite, StoredSecret } from '../secret-store.ts';

/** Secrets in memory, with versions as the API server has them. */
export class MemoryStore implements SecretStore {
  /** Set: every call rejects with it. */
  fault: Error | undefined = undefined;
  writes = 0;
  /** Called before each write, once: another writer that comes first. */
  beforeWrite: (() => void) | undefined = undefined;
  private readonly secrets = new Map<string, StoredSecret>();
  private revision = 0;

  async read(namespace: string, name: string): Promise<StoredSecret | undefined> {
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
    return this.secrets.get(`${namespace}/${name}`);
  }

  async write({ namespace, name, data, version }: SecretWrite): Promise<boolean> {
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
    const { beforeWrite } = this;
    this.beforeWrite = undefined;
    beforeWrite?.();
    if (this.secrets.get(`${namespace}/${name}`)?.version !== version) return false;
    this.writes += 1;
    this.put(namespace, name, data);
    return true;
  }

  /** As somebody else would. */
  put(namespace: string, name: string, data: SecretData): void {
    this.revision += 1;
    this.secrets.set(`${namespace}/${name}`, { data, version: String(this.revision) });
  }

  remove(namespace: string, name: string): void {
    this.secrets.delete(`${namespace}/${name}`);
  }
}
