import { z } from 'zod';

const session = z
  .strictObject({
    id: z.string(),
    stream: z.string().meta({ description: '`app/name`.' }),
    action: z.enum(['publish', 'play']),
    protocol: z.enum(['rtmp', 'flv', 'ws-flv', 'hls']),
    address: z.string(),
    userAgent: z.string().meta({
      description: 'What the client calls itself, at most 256 characters; anybody may write this.',
    }),
    subject: z.string().meta({ description: 'Whom the token names; empty without one.' }),
    isEncrypted: z.boolean(),
    startedUnixMs: z.number(),
    bytes: z.number().meta({ description: 'Of media, to a viewer or from a publisher.' }),
    areBytesEstimated: z.boolean().meta({ description: 'Of HLS: segments it was told of.' }),
    skips: z.int().meta({ description: 'How often a slow viewer jumped.' }),
    traceId: z.string().meta({ description: 'Of its W3C trace context; empty without one.' }),
    workers: z.array(z.string()).meta({
      description: 'Where it is; a player of HLS may have asked several.',
    }),
  })
  .meta({ id: 'Session', description: 'One play or publish.' });

const unreached = z.array(z.string()).meta({ description: 'Workers that did not answer.' });

export const sessionPage = z.strictObject({
  items: z.array(session).meta({ description: 'In the order of their ids.' }),
  total: z.int().meta({ description: 'Of all pages, as workers count them.' }),
  page: z.string().optional().meta({ description: 'Of the next one; absent: this is the last.' }),
  unreached,
});

export const kicked = z.strictObject({
  id: z.string(),
  stream: z.string(),
  workers: z.array(z.string()).meta({ description: 'Who had it.' }),
  ban: z
    .strictObject({
      address: z.string(),
      userAgent: z.string(),
      subject: z.string(),
      untilUnixMs: z.number(),
    })
    .nullable()
    .meta({ description: 'Who is refused, and until when; null without `banSeconds`.' }),
  unreached,
});
