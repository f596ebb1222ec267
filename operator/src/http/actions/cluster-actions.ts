import { OperatorError } from '../../errors.ts';
import type { Runtime } from '../../reconcile/runtime.ts';
import type { ClusterActions } from '../view.ts';

type Asked = Pick<Runtime, 'resource' | 'list' | 'scale' | 'askDrain'>;

/** What users ask for, with what stands against it. */
export function clusterActions(runtime: Asked): ClusterActions {
  const hindrances = (): { scale: string } => {
    const { autoscaling } = runtime.resource().resource.spec;
    const follows = 'the number of workers follows the number of streams (spec.autoscaling)';
    return { scale: autoscaling === undefined ? '' : follows };
  };
  return {
    hindrances,
    async scale(replicas) {
      const why = hindrances().scale;
      if (why !== '') throw new OperatorError('ACTION_REFUSED', why);
      await runtime.scale(replicas);
    },
    async askDrain(worker, isAsked) {
      const found = (await runtime.list()).find(({ name }) => name === worker);
      if (found === undefined) throw new OperatorError('NOT_FOUND', `worker ${worker}`);
      if (found.phase !== 'running') {
        throw new OperatorError('ACTION_REFUSED', `worker ${worker} is ending already`);
      }
      if (found.drainAsked !== undefined && found.drainAsked !== 'Command') {
        throw new OperatorError(
          'ACTION_REFUSED',
          `${worker} drains because of ${found.drainAsked}`,
        );
      }
      await runtime.askDrain(worker, isAsked);
    },
  };
}
