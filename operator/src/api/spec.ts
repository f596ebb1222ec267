import { PLACEMENT_POLICIES } from '@streamcluster/placement';
import { z } from 'zod';
import { withRules } from './rule.ts';

const MAX_WORKERS = 1000;
const SECONDS_OF_A_DAY = 86_400;
const QUANTITY = /^[1-9][0-9]*(Ki|Mi|Gi|k|M|G)?$/;
const NATS_URL = /^(nats|tls|ws|wss):\/\/[^\s]+$/;

function count(minimum: number, maximum: number): z.ZodInt {
  return z.int().min(minimum).max(maximum);
}

const fixed = z
  .object({
    replicas: count(0, MAX_WORKERS)
      .default(3)
      .meta({ description: 'Number of workers. `kubectl scale` and an HPA write here.' }),
  })
  .meta({ description: 'A fixed number of workers. Exactly one of `fixed` and `autoscaling`.' });

const autoscaling = withRules(
  z.object({
    minReplicas: count(0, MAX_WORKERS)
      .default(1)
      .meta({ description: 'Never fewer workers than this.' }),
    maxReplicas: count(1, MAX_WORKERS).meta({ description: 'Never more workers than this.' }),
    streamsPerWorker: count(1, 10_000).meta({
      description: 'Streams that one worker is meant to serve.',
    }),
    bufferStreams: count(0, 100_000)
      .default(0)
      .meta({ description: 'Streams for which there is room before more workers start.' }),
    scaleDownStabilizationSeconds: count(0, SECONDS_OF_A_DAY)
      .default(300)
      .meta({ description: 'The number falls only to the highest one of this long.' }),
  }),
  'Workers follow the number of streams. Exactly one of `fixed` and `autoscaling`.',
  [
    {
      cel: 'self.minReplicas <= self.maxReplicas',
      message: 'minReplicas must not be greater than maxReplicas',
      path: ['minReplicas'],
      holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
    },
  ],
);

const worker = z
  .object({
    image: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .meta({ description: 'Image of the workers. Without: the one of the operator’s release.' }),
    cpus: count(1, 64)
      .default(1)
      .meta({ description: 'CPUs of a worker. Its loop uses one, helpers the others.' }),
    memory: z.string().regex(QUANTITY).default('1Gi').meta({ description: 'Memory of a worker.' }),
    pinning: z
      .enum(['Exclusive', 'None'])
      .default('Exclusive')
      .meta({ description: 'Whether a worker gets CPUs of its own.' }),
    numa: z
      .enum(['Require', 'Prefer', 'Ignore'])
      .default('Require')
      .meta({ description: 'Whether its CPUs and memory must be of one NUMA node.' }),
  })
  .prefault({})
  .meta({ description: 'One worker. Changes reach workers that start later.' });

const placement = z
  .object({
    policy: z.enum(PLACEMENT_POLICIES).default('Random').meta({
      description:
        'Where a new stream’s home goes: drawn, the better of two drawn, or where it is published.',
    }),
  })
  .prefault({})
  .meta({ description: 'How the home of a stream is drawn.' });

const rebalance = z
  .object({
    mode: z
      .enum(['Auto', 'DryRun', 'Off'])
      .default('Auto')
      .meta({ description: 'Whether homes move; `DryRun` only says what it would do.' }),
    maxImbalance: z
      .number()
      .min(1)
      .max(100)
      .default(1.25)
      .meta({ description: 'Highest load over mean load that is left alone.' }),
    maxMovesPercent: count(0, 100)
      .default(2)
      .meta({ description: 'Share of the streams that may move in one cycle.' }),
  })
  .prefault({})
  .meta({ description: 'Moving homes between workers.' });

const hotStreams = z
  .object({
    splitAtMeanLoad: z
      .number()
      .min(0.01)
      .max(100)
      .default(0.5)
      .meta({ description: 'A stream with more than this part of the mean load gets replicas.' }),
    maxReplicas: count(1, MAX_WORKERS)
      .optional()
      .meta({ description: 'Most replicas of one stream. Without: no cap.' }),
  })
  .prefault({})
  .meta({ description: 'Streams that are too much for one worker.' });

const drain = z
  .object({
    deadlineSeconds: count(0, SECONDS_OF_A_DAY)
      .default(600)
      .meta({ description: 'After this long a draining worker is stopped.' }),
    publisherGraceSeconds: count(0, SECONDS_OF_A_DAY).default(60).meta({
      description: 'How long a draining worker waits for publishers to end by themselves.',
    }),
  })
  .prefault({})
  .meta({ description: 'How a worker is emptied before it stops.' });

const hls = z
  .object({
    segmentSeconds: count(1, 10)
      .default(2)
      .meta({ description: 'Shortest segment; it ends at the next key frame.' }),
    segments: count(3, 30).default(6).meta({ description: 'Segments listed in a playlist.' }),
  })
  .prefault({})
  .meta({ description: 'HLS of live streams.' });

const streams = z
  .object({
    publisherGraceSeconds: count(0, 600)
      .default(15)
      .meta({ description: 'How long a stream outlives its publisher’s connection.' }),
    maxLagSeconds: count(1, 60)
      .default(5)
      .meta({ description: 'How far a slow viewer may lag before it jumps.' }),
    waitForPublisherSeconds: count(0, 60)
      .default(0)
      .meta({ description: 'How long a viewer of an unknown stream waits for its publisher.' }),
    hls,
  })
  .prefault({})
  .meta({ description: 'What workers do with streams. Changes reach running workers.' });

const nats = z
  .object({
    url: z.string().regex(NATS_URL).max(500).optional().meta({
      description: 'Server to use. Without: the one that belongs to this installation.',
    }),
    credentialsSecretName: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
      .max(253)
      .optional()
      .meta({ description: 'Secret with the key `nats.creds`.' }),
  })
  .prefault({})
  .meta({ description: 'The message bus.' });

export const specSchema = withRules(
  z.object({
    fixed: fixed.optional(),
    autoscaling: autoscaling.optional(),
    worker,
    placement,
    rebalance,
    hotStreams,
    drain,
    streams,
    nats,
  }),
  'What is wanted.',
  [
    {
      cel: 'has(self.fixed) != has(self.autoscaling)',
      message: 'exactly one of fixed and autoscaling must be given',
      path: [],
      holds: (spec) => (spec.fixed === undefined) !== (spec.autoscaling === undefined),
    },
  ],
);
export type StreamClusterSpec = z.output<typeof specSchema>;
