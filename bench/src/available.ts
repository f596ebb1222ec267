import type { ServerFactory, ServerKind, ServerTask } from './server/server.ts';
import type { Case, Contender } from './workloads/workload.ts';

const OWN: readonly ServerKind[] = ['worker', 'worker-before-sessions', 'floor'];

/** Which servers can start here, and why others cannot. */
export class Available {
  readonly factories: ReadonlyMap<ServerKind, ServerFactory>;
  /** Sentences. */
  readonly missing: ReadonlyMap<ServerKind, string>;

  private constructor(
    factories: ReadonlyMap<ServerKind, ServerFactory>,
    missing: ReadonlyMap<ServerKind, string>,
  ) {
    this.factories = factories;
    this.missing = missing;
  }

  /** Asks only those that are wanted: finding out may install or build something. */
  static async among(
    all: readonly ServerFactory[],
    isWanted: (kind: ServerKind) => boolean,
  ): Promise<Available> {
    const factories = new Map<ServerKind, ServerFactory>();
    const missing = new Map<ServerKind, string>();
    for (const factory of all) {
      if (!isWanted(factory.kind)) continue;
      const reason = await factory.available();
      if (reason === undefined) factories.set(factory.kind, factory);
      else missing.set(factory.kind, reason);
    }
    return new Available(factories, missing);
  }

  can(kind: ServerKind, task: ServerTask): boolean {
    return this.factories.get(kind)?.tasks.includes(task) === true;
  }

  /** Servers of others that can do a task. */
  peers(task: ServerTask): ServerKind[] {
    return [...this.factories.keys()].filter((kind) => {
      return !OWN.includes(kind) && this.can(kind, task);
    });
  }

  /** Those of a case that can run; without ours none, for there is nothing to compare. */
  contenders({ contenders }: Case): readonly Contender[] {
    const able = contenders.filter(({ kind, need }) => this.can(kind, need.task));
    const isComplete = contenders[0] === able[0] || !this.factories.has('worker');
    return isComplete ? able : [];
  }
}
