import { z } from 'zod';

const MAX_TEXT = 32_768;

const condition = z
  .object({
    type: z.string().meta({ description: 'What it is about, in CamelCase.' }),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it is so.' }),
    reason: z.string().meta({ description: 'Why, in CamelCase.' }),
    message: z.string().max(MAX_TEXT).meta({ description: 'Why, for people.' }),
    observedGeneration: z.int().optional().meta({ description: 'Of which generation it speaks.' }),
    lastTransitionTime: z.string().meta({
      description: 'Since when the status is what it is.',
      format: 'date-time',
    }),
  })
  .meta({ description: 'One thing that holds, does not hold, or is not known.' });
export type Condition = z.output<typeof condition>;

const PHASES = ['Pending', 'Progressing', 'Ready', 'Degraded'] as const;

const statusFields = z.object({
  observedGeneration: z.int().meta({ description: 'Generation that this status speaks of.' }),
  phase: z.enum(PHASES).meta({ description: 'The conditions in one word.' }),
  desiredReplicas: z.int().meta({ description: 'Workers wanted.' }),
  replicas: z.int().meta({ description: 'Workers that exist and do not drain.' }),
  readyReplicas: z.int().meta({ description: 'Workers that serve.' }),
  updatedReplicas: z
    .int()
    .optional()
    .meta({ description: 'Workers that are as `spec.worker` wants them.' }),
  currentRevision: z
    .string()
    .optional()
    .meta({ description: 'Hash of what `spec.worker` makes of a pod.' }),
  draining: z.int().meta({ description: 'Workers that drain.' }),
  selector: z.string().meta({ description: 'Label selector of the workers, for an HPA.' }),
  streams: z.int().meta({ description: 'Streams that are published.' }),
  viewers: z.int().meta({ description: 'Viewers of all streams.' }),
  maxLoad: z.string().meta({ description: 'Highest load of a worker over the mean load.' }),
  numa: z.string().optional().meta({
    description:
      'Workers on CPUs and memory of one NUMA node, of all that should be; `not pinned` where none should.',
  }),
  conditions: z
    .array(condition)
    .max(32)
    .meta({
      description: 'What holds and what does not.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
});

/** Whole when the operator writes it; anything may be missing when read. */
export const statusSchema = statusFields
  .partial()
  .meta({ description: 'What is the case. Written by the operator.' });
export type StreamClusterStatus = z.output<typeof statusFields>;
