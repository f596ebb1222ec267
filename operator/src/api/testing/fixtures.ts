/** Resources and what is wrong with them; judged by zod here, by an API server later. */
export interface Fixture {
  readonly name: string;
  readonly spec: unknown;
  readonly metadata?: unknown;
  /** Field and words of the refusal; undefined: accepted. */
  readonly refused?: { readonly field: string; readonly because: string };
}

const autoscaling = { maxReplicas: 4, streamsPerWorker: 10 };

function refused(name: string, spec: unknown, field: string, because: string): Fixture {
  return { name, spec, refused: { field, because } };
}

export const FIXTURES: readonly Fixture[] = [
  { name: 'fixed', spec: { fixed: { replicas: 3 } } },
  { name: 'fixed without a number', spec: { fixed: {} } },
  { name: 'none at all', spec: { fixed: { replicas: 0 } } },
  { name: 'autoscaling', spec: { autoscaling } },
  {
    name: 'everything',
    spec: {
      autoscaling: { ...autoscaling, minReplicas: 4, bufferStreams: 1 },
      worker: { image: 'x/y:1', cpus: 2, memory: '512Mi', pinning: 'None', numa: 'Prefer' },
      placement: { policy: 'TwoChoices' },
      rebalance: { mode: 'DryRun', maxImbalance: 1.5, maxMovesPercent: 5 },
      hotStreams: { splitAtMeanLoad: 0.75, maxReplicas: 3 },
      drain: { deadlineSeconds: 0, publisherGraceSeconds: 0 },
      streams: { publisherGraceSeconds: 0, maxLagSeconds: 1, hls: { segments: 3 } },
      nats: { url: 'nats://nats:4222', credentialsSecretName: 'live-nats' },
    },
  },
  refused('neither mode', {}, 'spec', 'exactly one of fixed and autoscaling'),
  refused('both modes', { fixed: {}, autoscaling }, 'spec', 'exactly one of fixed and autoscaling'),
  refused(
    'min above max',
    { autoscaling: { ...autoscaling, minReplicas: 5 } },
    'spec.autoscaling.minReplicas',
    'minReplicas must not be greater',
  ),
  refused(
    'no maximum',
    { autoscaling: { streamsPerWorker: 1 } },
    'spec.autoscaling.maxReplicas',
    'expected number',
  ),
  refused('too few', { fixed: { replicas: -1 } }, 'spec.fixed.replicas', '>=0'),
  refused('too many', { fixed: { replicas: 1001 } }, 'spec.fixed.replicas', '<=1000'),
  refused('half a worker', { fixed: { replicas: 1.5 } }, 'spec.fixed.replicas', 'expected int'),
  refused('a word', { fixed: { replicas: 'three' } }, 'spec.fixed.replicas', 'expected number'),
  refused(
    'another policy',
    { fixed: {}, placement: { policy: 'LeastLoaded' } },
    'spec.placement.policy',
    'Random',
  ),
  refused('no CPU', { fixed: {}, worker: { cpus: 0 } }, 'spec.worker.cpus', '>=1'),
  refused(
    'no quantity',
    { fixed: {}, worker: { memory: '1 GB' } },
    'spec.worker.memory',
    'pattern',
  ),
  refused('no NATS URL', { fixed: {}, nats: { url: 'http://x' } }, 'spec.nats.url', 'pattern'),
  {
    name: 'a name with a dot',
    spec: { fixed: {} },
    metadata: { name: 'live.eu' },
    refused: { field: 'metadata.name', because: 'lower-case letters' },
  },
  {
    name: 'a name that is too long',
    spec: { fixed: {} },
    metadata: { name: 'a'.repeat(41) },
    refused: { field: 'metadata.name', because: 'at most 40' },
  },
];

export function resourceOf({ spec, metadata }: Fixture): Record<string, unknown> {
  return {
    apiVersion: 'streamcluster.dev/v1alpha1',
    kind: 'StreamCluster',
    metadata: metadata ?? { name: 'live' },
    spec,
  };
}
