import { KubeError } from '../api-error.ts';
import type { CallOptions, ObjectName } from '../client-types.ts';
import type { Resource } from '../resources.ts';
import { keyOf, objectKey, type KubeObject, type Stored } from '../wire.ts';

/** Enough of an API server to hold a clock still around it: versions, and who was faster. */
export class MemoryObjects {
  readonly objects = new Map<string, Stored<KubeObject>>();
  /** Requests that are made while it is set do not come back. */
  isHanging = false;
  private version = 0;

  async get<T extends KubeObject>(
    _resource: Resource<T>,
    { namespace = '', name }: ObjectName,
    options: CallOptions = {},
  ): Promise<Stored<T>> {
    await this.arrive(options);
    const object = this.objects.get(objectKey(namespace, name));
    if (object === undefined) throw KubeError.fromAnswer(404, '');
    return object as Stored<T>;
  }

  async create<T extends KubeObject>(
    _resource: Resource<T>,
    object: T,
    options: CallOptions = {},
  ): Promise<Stored<T>> {
    await this.arrive(options);
    const { namespace = '', name = '' } = object.metadata ?? {};
    if (this.objects.has(objectKey(namespace, name))) {
      throw KubeError.fromAnswer(409, '{"reason":"AlreadyExists"}');
    }
    return this.keep(object, `uid-${this.version}`);
  }

  async update<T extends KubeObject>(
    _resource: Resource<T>,
    object: T,
    options: CallOptions = {},
  ): Promise<Stored<T>> {
    await this.arrive(options);
    const { namespace = '', name = '', resourceVersion } = object.metadata ?? {};
    const before = this.objects.get(objectKey(namespace, name));
    if (before === undefined) throw KubeError.fromAnswer(404, '');
    if (before.metadata.resourceVersion !== resourceVersion) throw KubeError.fromAnswer(409, '');
    return this.keep(object, before.metadata.uid);
  }

  private keep<T extends KubeObject>(object: T, uid: string): Stored<T> {
    this.version += 1;
    const { namespace = '', name = '' } = object.metadata ?? {};
    const metadata = { ...object.metadata, namespace, name, uid };
    const stored = { ...object, metadata: { ...metadata, resourceVersion: String(this.version) } };
    this.objects.set(keyOf(stored), stored);
    return stored;
  }

  private async arrive({ signal }: CallOptions): Promise<void> {
    if (!this.isHanging) return;
    await new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}
