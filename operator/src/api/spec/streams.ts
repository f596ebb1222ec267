import { z } from 'zod';
import { count } from './fields.ts';

const hls = z
  .object({
    segmentSeconds: count(1, 10)
      .default(2)
      .meta({ description: 'Shortest segment; it ends at the next key frame.' }),
    segments: count(3, 30).default(6).meta({ description: 'Segments listed in a playlist.' }),
  })
  .prefault({})
  .meta({ description: 'HLS of live streams.' });

export const streams = z
  .object({
    publisherGraceSeconds: count(0, 600)
      .default(15)
      .meta({ description: 'How long a stream outlives its publisher’s connection.' }),
    maxLagSeconds: count(1, 60)
      .default(5)
      .meta({ description: 'How far a slow viewer may lag before it jumps.' }),
    waitForPublisherSeconds: count(0, 60)
      .default(0)
      .meta({ description: 'How long a viewer of an unknown stream waits for its publisher.' }),
    hls,
  })
  .prefault({})
  .meta({ description: 'What workers do with streams. Changes reach running workers.' });
