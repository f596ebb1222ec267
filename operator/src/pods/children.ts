import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import {
  isAlreadyExists,
  objectKey,
  type Informer,
  type KubeClient,
  type KubeObject,
  type Resource,
  type Stored,
} from '../kube/mod.ts';
import type { RuntimeProblem } from '../reconcile/runtime.ts';
import { writeProblem } from './write-problem.ts';

/** An object that is to be there, and where it is seen. */
export interface Child<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  readonly informer: Informer<T>;
  readonly object: T;
}

/** A name that somebody else has is looked at again after this. */
const TAKEN_MS = 15_000;

interface Applied {
  readonly hash: string;
  /** What the object was after the write. */
  readonly version: string;
}

/**
 * Makes the objects around the workers, and makes them again when somebody
 * changed or deleted them. Nothing is written while all is as it was left.
 */
export class Children {
  private readonly client: KubeClient;
  /** Uid of the StreamCluster whose children these are. */
  private readonly ownerUid: string;
  private readonly clock: Clock;
  /** Until when a name that others have is left alone. */
  private readonly takenUntilMs = new Map<string, number>();
  private readonly applied = new Map<string, Applied>();
  /** Of what was wanted before: the same objects come in each pass. */
  private readonly hashes = new WeakMap<KubeObject, string>();
  private readonly faults = new Map<string, RuntimeProblem>();

  constructor(client: KubeClient, ownerUid: string, clock: Clock) {
    this.client = client;
    this.clock = clock;
    this.ownerUid = ownerUid;
  }

  get problems(): readonly RuntimeProblem[] {
    return [...this.faults.values()];
  }

  /** Rejects when the API server did not do it; a name that others have is a problem only. */
  async ensure<T extends KubeObject>(child: Child<T>): Promise<void> {
    const { resource, object } = child;
    const { name = '', namespace = '' } = object.metadata ?? {};
    const key = `${resource.kind} ${name}`;
    const present = child.informer.get(objectKey(namespace, name));
    const hash = this.hash(object);
    if (this.isAsLeft(key, hash, present) || this.isTakenLately(key)) return;
    try {
      const stored = await this.write(child, present);
      if (stored === undefined) {
        this.faults.set(key, taken(key));
        this.takenUntilMs.set(key, this.clock.nowMs() + TAKEN_MS);
        return;
      }
      this.takenUntilMs.delete(key);
      this.applied.set(key, { hash, version: versionOf(stored) });
      this.faults.delete(key);
    } catch (error) {
      this.faults.set(key, writeProblem(key, error));
      throw error;
    }
  }

  private hash(object: KubeObject): string {
    const hash = this.hashes.get(object) ?? hashOf(object);
    this.hashes.set(object, hash);
    return hash;
  }

  private isAsLeft(key: string, hash: string, present: Stored<KubeObject> | undefined): boolean {
    const last = this.applied.get(key);
    return present !== undefined && last?.hash === hash && last.version === versionOf(present);
  }

  private isTakenLately(key: string): boolean {
    const untilMs = this.takenUntilMs.get(key);
    return untilMs !== undefined && this.clock.nowMs() < untilMs;
  }

  /** Undefined: somebody else has the name. */
  private async write<T extends KubeObject>(
    { resource, object }: Child<T>,
    present: Stored<T> | undefined,
  ): Promise<Stored<T> | undefined> {
    const { client } = this;
    if (present === undefined) {
      try {
        return await client.create(resource, object);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    const { name = '', namespace = '' } = object.metadata ?? {};
    const found = present ?? (await client.get(resource, { namespace, name }));
    if (!this.isOurs(found)) return undefined;
    await client.adopt(resource, { namespace, name });
    // With the uid, or an object that was just deleted would be made anew by halves.
    const metadata = { ...object.metadata, uid: found.metadata.uid };
    return await client.apply(resource, { ...object, metadata });
  }

  private isOurs({ metadata }: Stored<KubeObject>): boolean {
    return metadata.ownerReferences?.some(({ uid }) => uid === this.ownerUid) ?? false;
  }
}

function taken(key: string): RuntimeProblem {
  const message = `${key} exists and belongs to somebody else; delete it, or rename the StreamCluster`;
  return { reason: 'NameTaken', message };
}

/** Grows with each change of what is wanted; of kinds without it, with each change. */
function versionOf({ metadata }: Stored<KubeObject>): string {
  const { generation, resourceVersion, uid } = metadata;
  return `${uid}/${generation ?? resourceVersion}`;
}

function hashOf(object: KubeObject): string {
  return createHash('sha256').update(JSON.stringify(object)).digest('hex');
}
