import { z } from 'zod';
import { withRules } from './rule.ts';
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';

export const GROUP = 'streamcluster.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'StreamCluster';

/** Names become parts of NATS subjects and buckets: no dots, not too long. */
const NAME = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** As Kubernetes has it; an API server takes no rules of ours over it. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Of metadata only what we use; an API server adds more. */
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().regex(NAMESPACE).default('default'),
  generation: z.int().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** The one definition of the resource: types, checks, CRD and docs follow. */
export const streamClusterSchema = withRules(
  z.object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(KIND),
    metadata,
    spec: specSchema,
    status: statusSchema.optional(),
  }),
  'Workers that carry live streams, and how streams are spread over them.',
  [
    {
      cel: `self.metadata.name.matches('${NAME.source}')`,
      message:
        'metadata.name must be lower-case letters, digits and dashes, begin with a letter, and have at most 40 characters',
      path: ['metadata', 'name'],
      holds: (resource) => NAME.test(resource.metadata.name),
    },
  ],
);
export type StreamCluster = z.output<typeof streamClusterSchema>;
