import { z } from 'zod';
import { specSchema } from '../../api/spec.ts';
import { statusSchema } from '../../api/status.ts';

const endpoints = z
  .strictObject({
    rtmp: z.int(),
    http: z.int(),
    rtmps: z.int().optional(),
    https: z.int().optional(),
  })
  .meta({ description: 'Ports on which users reach workers.' });

const cluster = z.strictObject({
  namespace: z.string(),
  name: z.string(),
  generation: z.int(),
  spec: specSchema,
  status: statusSchema,
  endpoints,
});

const event = z.strictObject({
  type: z.enum(['Normal', 'Warning']),
  reason: z.string(),
  message: z.string(),
  worker: z.string().optional(),
  unixMs: z.number(),
});

export const clusterList = z.strictObject({ items: z.array(cluster) });
export const clusterDetail = cluster.extend({
  events: z.array(event).meta({ description: 'The last ones, oldest first.' }),
});
