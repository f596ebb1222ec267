import { DEFAULT_MAX_IMBALANCE, PLACEMENT_POLICIES } from '@streamcluster/placement';
import { z } from 'zod';
import { count, MAX_WORKERS } from './fields.ts';

export const placement = z
  .object({
    policy: z.enum(PLACEMENT_POLICIES).default('Random').meta({
      description:
        'Where a new stream’s home goes: drawn, the better of two drawn, or where it is published.',
    }),
  })
  .prefault({})
  .meta({ description: 'How the home of a stream is drawn.' });

export const rebalance = z
  .object({
    mode: z
      // Not `Off`, which kubectl takes for `false`.
      .enum(['Auto', 'DryRun', 'Disabled'])
      .default('Auto')
      .meta({
        description:
          'Whether homes move, hot streams are split and newcomers are kept from busy workers. `DryRun` only says what it would do; a plan of it can be approved.',
      }),
    maxImbalance: z
      .number()
      .min(1)
      .max(100)
      .default(DEFAULT_MAX_IMBALANCE)
      .meta({ description: 'Highest load over mean load that is left alone.' }),
    maxMovesPercent: count(0, 100).default(2).meta({
      description:
        'Share of the streams that may be moved, split or merged in one cycle; at least one, none with 0.',
    }),
  })
  .prefault({})
  .meta({ description: 'Moving homes between workers.' });

export const hotStreams = z
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
