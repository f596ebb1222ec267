import type { Node, Pod, Stored } from '../kube/mod.ts';
import type { RuntimeProblem, WorkerInstance } from '../reconcile/runtime.ts';
import { incarnationOf, SLOT_LABEL } from '../specs/names.ts';
import { nodesAvoidedBy } from '../specs/worker-scheduling.ts';
import { conditionOf, instanceOf, type InstanceContext } from './instance.ts';
import { podProblems } from './pod-problems.ts';

/** What an instance was made of, beside its pod. */
interface Known extends Pick<InstanceContext, 'revision' | 'drainsOnCordon'> {
  readonly node: Node | undefined;
  readonly instance: WorkerInstance | undefined;
}

/**
 * The pods of one StreamCluster. They are looked at several times in each pass
 * and hardly ever change, so what was made of them is kept.
 */
export class OwnPods {
  private readonly ownerUid: string;
  private readonly inCache: () => readonly Stored<Pod>[];
  private readonly known = new WeakMap<Stored<Pod>, Known>();
  private seen: readonly Stored<Pod>[] | undefined = undefined;
  private own: readonly Stored<Pod>[] = [];
  private lastInstances: readonly WorkerInstance[] = [];
  private ownProblems: readonly RuntimeProblem[] = [];

  /** `inCache`: of all that had the name; the same list while nothing changed. */
  constructor(ownerUid: string, inCache: () => readonly Stored<Pod>[]) {
    this.ownerUid = ownerUid;
    this.inCache = inCache;
  }

  list(): readonly Stored<Pod>[] {
    this.look();
    return this.own;
  }

  problems(): readonly RuntimeProblem[] {
    this.look();
    return this.ownProblems;
  }

  /** The same list while nothing in it changed. */
  instances(context: InstanceContext): readonly WorkerInstance[] {
    const instances = this.list()
      .map((pod) => this.instance(pod, context))
      .filter((instance) => instance !== undefined);
    const isSame =
      instances.length === this.lastInstances.length &&
      instances.every((instance, at) => instance === this.lastInstances[at]);
    if (!isSame) this.lastInstances = instances;
    return this.lastInstances;
  }

  /** Of all that are there under the name, whoever owns them; 0: none. */
  highestIncarnation(slot: number): number {
    const names = this.inCache()
      .filter(({ metadata }) => metadata.labels?.[SLOT_LABEL] === String(slot))
      .map(({ metadata }) => metadata.name);
    return Math.max(0, ...names.map((name) => incarnationOf(name) ?? 0));
  }

  /** Names of those that find no node, and avoid one that may be tried again by now. */
  heldBack(avoided: readonly string[]): readonly string[] {
    return this.list()
      .filter((pod) => pod.metadata.deletionTimestamp === undefined)
      .filter((pod) => conditionOf(pod, 'PodScheduled')?.status === 'False')
      .filter((pod) => nodesAvoidedBy(pod).some((node) => !avoided.includes(node)))
      .map(({ metadata }) => metadata.name);
  }

  private look(): void {
    const pods = this.inCache();
    if (pods === this.seen) return;
    this.seen = pods;
    // Those of a StreamCluster that had the name before are none of ours.
    this.own = pods.filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === this.ownerUid),
    );
    this.ownProblems = podProblems(this.own);
  }

  private instance(pod: Stored<Pod>, context: InstanceContext): WorkerInstance | undefined {
    const { revision, drainsOnCordon, nodeOf } = context;
    const node = nodeOf(pod.spec?.nodeName ?? '');
    const known = this.known.get(pod);
    const isSame =
      known?.revision === revision &&
      known.drainsOnCordon === drainsOnCordon &&
      known.node === node;
    if (isSame) return known.instance;
    const instance = instanceOf(pod, context);
    // What becomes of others is a matter of time.
    if (instance?.phase === 'running') {
      this.known.set(pod, { revision, drainsOnCordon, node, instance });
    }
    return instance;
  }
}
