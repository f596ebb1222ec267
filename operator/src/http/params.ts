import { OperatorError } from '../errors.ts';
import type { ClusterView } from './view.ts';

export interface ClusterParams {
  readonly namespace: string;
  readonly name: string;
}

export interface StreamParams extends ClusterParams {
  readonly app: string;
  readonly stream: string;
}

/** Throws NOT_FOUND. */
export type FindCluster = (params: ClusterParams) => ClusterView;

export function finderOf(clusters: () => readonly ClusterView[]): FindCluster {
  return ({ namespace, name }) => {
    const found = clusters().find(
      ({ resource: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
    );
    if (found === undefined) throw new OperatorError('NOT_FOUND', `cluster ${namespace}/${name}`);
    return found;
  };
}
