import { z } from 'zod';

const counts = z.record(z.string(), z.int()).meta({ description: 'Viewers by protocol.' });

const track = z
  .strictObject({
    kind: z.string().meta({ description: '`video` or `audio`.' }),
    codec: z.string(),
    profile: z.string(),
    width: z.int(),
    height: z.int(),
    sampleRate: z.int(),
    channels: z.int(),
  })
  .meta({ description: 'What does not apply is 0 or empty.' });

const part = z.strictObject({
  worker: z.string(),
  role: z.enum(['ingest', 'home', 'ingest-and-home', 'replica', 'relay']),
  viewers: counts.meta({ description: 'By protocol; `relay` counts other workers.' }),
  upstream: z.string().meta({ description: 'Worker that it pulls from; empty: none.' }),
});

const health = z
  .strictObject({
    framesPerSecond: z.number().meta({ description: 'Pictures; 0 without video.' }),
    keyIntervalMs: z.int().meta({ description: 'From key frame to key frame; 0: unknown.' }),
    driftMs: z.int().meta({ description: 'How far audio is ahead of video.' }),
    pace: z.number().meta({ description: 'Media seconds that arrive in a second; 0: unknown.' }),
    silentMs: z.int().meta({ description: 'Since the last frame.' }),
    gaps: z.int().meta({ description: 'Jumps of timestamps forward.' }),
    stepsBack: z.int().meta({ description: 'Timestamps that went back.' }),
  })
  .meta({ id: 'PublisherHealth' });

const condition = z
  .strictObject({
    type: z.string().meta({ description: 'What it is about, in CamelCase.' }),
    status: z.enum(['True', 'False']).meta({ description: 'Whether it is so. True is good.' }),
    reason: z.string().meta({ description: '`AsExpected`, or why not, in CamelCase.' }),
    message: z.string().meta({ description: 'Why not, for people.' }),
    lastTransitionTime: z.iso.datetime().meta({ description: 'Since when it is as it is.' }),
  })
  .meta({ id: 'StreamCondition' });

const stream = z.strictObject({
  name: z.string().meta({ description: '`app/name`.' }),
  state: z.enum(['starting', 'live', 'waiting']).meta({
    description: '`starting`: not reported yet. `waiting`: its publisher is away.',
  }),
  home: z.string().meta({ description: 'Worker that serves it to the others.' }),
  ingest: z.string().meta({ description: 'Worker of its publisher.' }),
  replicas: z.array(z.string()).meta({ description: 'Further workers that serve it.' }),
  epoch: z.int().meta({ description: 'Grows with every change of who serves it.' }),
  viewers: z.int(),
  viewersByProtocol: counts,
  bitsPerSecond: z.number(),
  tracks: z.array(track),
  startedUnixMs: z.number().optional(),
  workers: z.array(part).meta({ description: 'All that have it.' }),
  health: health.nullable().meta({ description: 'How its publisher sends; null: unknown.' }),
  conditions: z.array(condition).meta({
    description: 'The same, judged (docs/debugging.md). What is not known is left out.',
  }),
});

const relayNode = z
  .strictObject({
    worker: z.string(),
    role: part.shape.role,
    viewers: z.int(),
    get pulledBy() {
      return z.array(relayNode);
    },
  })
  .meta({ id: 'RelayNode', description: 'A worker, and those that pull from it.' });

export const streamDetail = stream.extend({
  tree: z.array(relayNode).meta({ description: 'Who pulls it from whom.' }),
  decision: z
    .strictObject({ unixMs: z.number(), kind: z.string(), why: z.string(), outcome: z.string() })
    .nullable()
    .meta({ description: 'The last one on where it is served.' }),
});

export const streamPage = z.strictObject({
  items: z.array(stream),
  total: z.int().meta({ description: 'Of all pages.' }),
  continue: z.string().optional().meta({ description: 'For the next page; absent: the last one.' }),
});
