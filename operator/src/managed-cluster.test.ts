import { seededRandom } from '@streamcluster/placement';
import pino from 'pino';
import { expect, it } from 'vitest';
import type { SessionControl, WorkerControl } from './control/worker-control.ts';
import type { Bucket, BusLink } from './fleet/bus-link.ts';
import { ManagedCluster } from './managed-cluster.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { MemoryRuntime } from './testing/memory-runtime.ts';

/** A bus that is there and says nothing. */
const LINK: BusLink = {
  isConnected: true,
  onConnection: () => () => undefined,
  subscribe: () => () => undefined,
  bucket: () => ({}) as Bucket,
};

it('starts over when another one leads: shows what that one wrote, and decides anew', async () => {
  const written = { phase: 'Ready', conditions: [] };
  const runtime = new MemoryRuntime('{fixed: {replicas: 1}}', written);
  const cluster = new ManagedCluster({
    ...{ runtime, link: LINK, control: {} as WorkerControl & SessionControl },
    directory: { bucket: 'sc-1', storage: 'memory', replicas: 1 },
    endpoints: { rtmp: 1935, http: 8080, rtmps: 1936, https: 8443 },
    onCount: () => undefined,
    isLeading: () => true,
    onStreamChange: () => undefined,
    onDue: () => undefined,
    clock: new ManualClock(),
    random: seededRandom(1),
    log: pino({ level: 'silent' }),
  });
  await cluster.pass();
  await cluster.pass();
  expect(cluster.view.status).toMatchObject({ phase: 'Pending', desiredReplicas: 1 });
  expect(runtime.statusWrites).toBe(1);
  cluster.startOver();
  expect(cluster.view.status).toBe(written);
  await cluster.pass();
  // The same as before, but nobody knows what the other one wrote meanwhile.
  expect(runtime.statusWrites).toBe(2);
  cluster.close();
});
