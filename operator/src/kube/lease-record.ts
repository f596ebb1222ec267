import { isAlreadyExists, isConflict, isNotFound } from './error-kinds.ts';
import type { KubeClient } from './client.ts';
import type { CallOptions } from './client-types.ts';
import { resources, type Lease } from './resources.ts';
import type { Stored } from './wire.ts';

export type LeaseClient = Pick<KubeClient, 'get' | 'create' | 'update'>;

export interface LeaseRecordOptions {
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
}

export type StoredLease = Stored<Lease>;

/** Reads and writes the Lease object; every write fails if somebody else was faster. */
export class LeaseRecord {
  private readonly options: LeaseRecordOptions;

  constructor(options: LeaseRecordOptions) {
    this.options = options;
  }

  /** Undefined: there is none yet. */
  async read(call: CallOptions): Promise<StoredLease | undefined> {
    const { client, namespace, name } = this.options;
    try {
      return await client.get(resources.leases, { namespace, name }, { ...call, isUrgent: true });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Undefined: somebody else was faster. */
  async write(
    before: StoredLease | undefined,
    spec: NonNullable<Lease['spec']>,
    call: CallOptions,
  ): Promise<StoredLease | undefined> {
    const { client, namespace, name } = this.options;
    const options = { ...call, isUrgent: true };
    try {
      if (before === undefined) {
        return await client.create(
          resources.leases,
          { metadata: { namespace, name }, spec },
          options,
        );
      }
      return await client.update(resources.leases, { ...before, spec }, options);
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** As Kubernetes has it: exactly six digits. */
export function microTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace('Z', '000Z');
}
