import type { Logger } from 'pino';
import { resources, type KubeClient, type Stored, type StreamClusterObject } from '../kube/mod.ts';

/**
 * Says at a StreamCluster that this operator cannot work on it, as one that a
 * newer CRD let in, or one in a namespace whose name breaks a subject.
 */
export async function reportUnreadable(
  client: KubeClient,
  { metadata, status }: Stored<StreamClusterObject>,
  message: string,
  at: { readonly unixMs: number; readonly log: Logger },
): Promise<void> {
  const { namespace, name, generation = 1 } = metadata;
  const before = conditionsOf(status).find(({ type }) => type === 'Ready');
  if (before?.status === 'False' && before.message === message) return;
  const condition = {
    ...{ type: 'Ready', status: 'False', reason: 'Invalid', message },
    observedGeneration: generation,
    lastTransitionTime: new Date(at.unixMs).toISOString(),
  };
  const next = { observedGeneration: generation, phase: 'Degraded', conditions: [condition] };
  try {
    const body = { metadata: { namespace, name }, status: next };
    await client.apply(resources.streamClusters, body, { subresource: 'status' });
  } catch (error) {
    at.log.warn({ streamCluster: `${namespace}/${name}`, err: error }, 'status not written');
  }
}

interface WrittenCondition {
  readonly type?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
}

/** Whoever wrote it, and whatever it is. */
function conditionsOf(status: unknown): readonly WrittenCondition[] {
  if (typeof status !== 'object' || status === null || !('conditions' in status)) return [];
  return Array.isArray(status.conditions) ? (status.conditions as WrittenCondition[]) : [];
}
