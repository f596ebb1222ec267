import { z } from 'zod';

const cpus = z.array(z.int());

const worker = z.strictObject({
  id: z.string(),
  state: z.enum(['starting', 'ready', 'draining', 'silent', 'exited', 'lost']),
  slot: z.int().meta({ description: 'The place among the workers that it fills.' }),
  node: z.string().meta({ description: 'Node of its pod; empty: none.' }),
  isOutdated: z.boolean().meta({ description: 'Made of another spec than a new one would be.' }),
  drainAsked: z.string().meta({ description: 'Why it is to be emptied; empty: it is not.' }),
  cpus: cpus.meta({ description: 'That its threads are pinned to.' }),
  allowedCpus: cpus.meta({ description: 'That it may run on.' }),
  loopCpu: z.int().meta({ description: 'That its loop is pinned to; -1: none.' }),
  numaNode: z.int(),
  numaAlignment: z.enum(['aligned', 'astray', 'unknown']),
  memoryNodes: cpus.meta({ description: 'NUMA nodes that it may take memory from.' }),
  pid: z.int(),
  startedUnixMs: z.number(),
  appliedVersion: z.int().meta({ description: 'Generation of the StreamCluster that it goes by.' }),
  loopUtilization: z.number().meta({ description: 'Busy share of its loop.' }),
  load: z.number().meta({ description: 'Share of a CPU that its streams and viewers take.' }),
  loadOverMean: z.number(),
  accepting: z.enum(['Yes', 'Steered', 'No']),
  isAdmitting: z.boolean().meta({ description: 'False: it is full.' }),
  tickLagMs: z.number(),
  streams: z.int(),
  publishers: z.int(),
  viewers: z.int(),
  viewersByProtocol: z.record(z.string(), z.int()),
  relaysOut: z.int().meta({ description: 'Other workers that pull from it, over all streams.' }),
  connections: z.int(),
  bytesInPerSecond: z.number(),
  bytesOutPerSecond: z.number(),
  arenaBytes: z.number().meta({ description: 'Memory of streams.' }),
  rssBytes: z.number(),
  grpcAddress: z.string(),
  httpAddress: z.string(),
  publicHttpAddress: z.string().meta({ description: 'Where viewers reach this very worker.' }),
  publicHttpsAddress: z.string(),
});

export const workerList = z.strictObject({ items: z.array(worker) });
