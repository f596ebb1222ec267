import { z } from 'zod';
import { withRules } from '../rule.ts';
import { count, MAX_WORKERS, SECONDS_OF_A_DAY } from './fields.ts';

export const fixed = z
  .object({
    replicas: count(0, MAX_WORKERS)
      .default(3)
      .meta({ description: 'Number of workers. `kubectl scale` and an HPA write here.' }),
  })
  .meta({ description: 'A fixed number of workers. Exactly one of `fixed` and `autoscaling`.' });

export const autoscaling = withRules(
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
      message: 'autoscaling.minReplicas must not be greater than autoscaling.maxReplicas',
      path: ['minReplicas'],
      holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
    },
  ],
);
