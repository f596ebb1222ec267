import { z } from 'zod';

const balance = z.strictObject({
  maxLoad: z.number(),
  meanLoad: z.number(),
  maxOverMean: z.number().meta({ description: '1 where nobody is busy.' }),
});

const change = z.strictObject({
  stream: z.string(),
  kind: z.string().meta({ description: '`Move`, `Split`, `Merge` …' }),
  why: z.string(),
  outcome: z.string(),
  home: z.strictObject({ before: z.string(), after: z.string() }),
  replicas: z.strictObject({ before: z.array(z.string()), after: z.array(z.string()) }),
});

const plan = z.strictObject({
  id: z.string(),
  unixMs: z.number(),
  reason: z.string(),
  message: z.string().meta({ description: 'For people.' }),
  before: balance,
  after: balance.meta({ description: 'As expected.' }),
  summary: z.string().meta({ description: 'Of all changes; empty: there are none.' }),
  done: z.int(),
  total: z.int(),
  changes: z.array(change).meta({ description: 'The first 100.' }),
});

export const rebalance = z.strictObject({
  mode: z.string(),
  viewers: z.string().meta({ description: 'Where viewers are: `Service` or `Redirect`.' }),
  maxImbalance: z.number(),
  maxMovesPercent: z.number(),
  isFrozen: z.boolean().meta({ description: 'Many workers are silent at once.' }),
  plan: plan.nullable().meta({ description: 'The newest; with DryRun what can be approved.' }),
  running: z.array(change),
  steeredOff: z.array(z.string()).meta({ description: 'Workers that newcomers are kept from.' }),
  recent: z.array(plan).meta({ description: 'That did something, newest first.' }),
});

export const scaling = z.strictObject({
  streams: z.int(),
  viewers: z.int(),
  meanLoadPercent: z.number(),
  maxOverMeanLoad: z.number(),
  basis: z.enum(['Streams', 'Load']),
  streamsPerWorker: z.int().optional(),
  neededWorkers: z.int(),
  desiredReplicas: z.int(),
  readyReplicas: z.int(),
});
