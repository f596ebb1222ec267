import { z } from 'zod';
import { objectName } from './fields.ts';

const URL = /^(nats|tls|ws|wss):\/\/[^\s]+$/;

export const nats = z
  .object({
    url: z.string().regex(URL).max(500).optional().meta({
      description: 'Server to use. Without: the one that belongs to this installation.',
    }),
    credentialsSecretName: objectName('Secret with the key `nats.creds`.').optional(),
  })
  .prefault({})
  .meta({ description: 'The message bus. Cannot be changed.' });
