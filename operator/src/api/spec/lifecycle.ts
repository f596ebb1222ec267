import { z } from 'zod';
import { count, SECONDS_OF_A_DAY } from './fields.ts';

export const update = z
  .object({
    maxSurgePercent: count(1, 100).default(33).meta({
      description:
        'Share of workers that run above the wanted number while workers are replaced; at least one.',
    }),
  })
  .prefault({})
  .meta({ description: 'How workers are replaced when `worker` or `tls` changes.' });

export const drain = z
  .object({
    deadlineSeconds: count(0, SECONDS_OF_A_DAY)
      .default(600)
      .meta({ description: 'After this long a draining worker is stopped.' }),
    publisherGraceSeconds: count(0, SECONDS_OF_A_DAY).default(60).meta({
      description:
        'How long a draining worker waits for publishers to end by themselves; never beyond the deadline.',
    }),
    lingerSeconds: count(0, 60).default(5).meta({
      description:
        'How long the doors stay open after a drain began, so that load balancers hear of it.',
    }),
    onCordon: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether the workers of a cordoned node are drained.' }),
  })
  .prefault({})
  .meta({ description: 'How a worker is emptied before it stops.' });
