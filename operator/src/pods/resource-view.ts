import { fromObject } from '../api/from-object.ts';
import type { StreamCluster } from '../api/stream-cluster.ts';
import { OperatorError } from '../errors.ts';
import type { Stored, StreamClusterObject } from '../kube/mod.ts';
import type { ResourceSnapshot } from '../reconcile/runtime.ts';

/**
 * A StreamCluster as it was last understood. Throws RESOURCE_INVALID when the
 * first one is not: there is nothing to go on with.
 */
export class ResourceView {
  private version: string;
  private current: ResourceSnapshot;

  constructor(object: Stored<StreamClusterObject>) {
    this.version = object.metadata.resourceVersion;
    this.current = { ...readOf(object), fault: undefined };
  }

  /** Undefined: it is not in the cache; what was last known stays. */
  see(object: Stored<StreamClusterObject> | undefined): ResourceSnapshot {
    if (object === undefined || object.metadata.resourceVersion === this.version) {
      return this.current;
    }
    this.version = object.metadata.resourceVersion;
    try {
      this.current = { ...readOf(object), fault: undefined };
    } catch (error) {
      const cause = { cause: error };
      const fault =
        error instanceof OperatorError ? error : new OperatorError('INTERNAL', undefined, cause);
      this.current = { ...this.current, fault };
    }
    return this.current;
  }
}

function readOf(object: Stored<StreamClusterObject>): {
  readonly resource: StreamCluster;
  readonly generation: number;
} {
  return { resource: fromObject(object), generation: object.metadata.generation ?? 1 };
}
