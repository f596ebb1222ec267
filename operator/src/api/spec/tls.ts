import { z } from 'zod';
import { withRules } from '../rule.ts';
import { objectName } from './fields.ts';

const MAX_SECRETS = 8;

const fields = z.object({
  secretNames: z
    .array(objectName('Name of a Secret of type kubernetes.io/tls.'))
    .max(MAX_SECRETS)
    .optional()
    .meta({
      description:
        'Names of Secrets with `tls.crt` and `tls.key`, in the namespace of the StreamCluster. Users get the one that has the name they ask for, else the first. None: no ports with TLS.',
      'x-kubernetes-list-type': 'atomic',
    }),
});

export const tls = withRules(
  fields,
  'Certificates for users: HTTPS and WSS on 8443, RTMPS on 1936. Renewed ones reach running workers; naming others replaces the pods.',
  [
    {
      cel: '!has(self.secretNames) || self.secretNames.all(one, self.secretNames.exists_one(other, one == other))',
      message: 'tls.secretNames must not name a Secret twice',
      path: ['secretNames'],
      holds: ({ secretNames = [] }) => new Set(secretNames).size === secretNames.length,
    },
  ],
).prefault({});
