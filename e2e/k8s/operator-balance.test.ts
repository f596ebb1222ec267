import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources, type Event } from '../../operator/src/kube/mod.ts';
import { FakeStreams } from './harness/fake-streams.ts';
import { FakeWorkers } from './harness/fake-workers.ts';
import { NAMESPACE, OperatorRig } from './harness/operator-rig.ts';
import { eventually } from '../src/harness/eventually.ts';

const WORKER = { worker: { cpus: 1, memory: '256Mi' }, fixed: { replicas: 3 } };
const STREAM = 'live/fake-0';
const CROWD = 1_000;
const PATIENCE_MS = 60_000;

let rig: OperatorRig;
let workers: FakeWorkers;
let streams: FakeStreams;
beforeAll(async () => {
  rig = await OperatorRig.start({ level: 'kwok' });
  await rig.cluster.addFakeNodes(3);
  const { nats, cluster } = rig;
  workers = await FakeWorkers.start({ kubeconfig: cluster.kubeconfig, natsUrl: nats.url });
  streams = await FakeStreams.connect(nats.url);
  await rig.startOperator();
});
afterAll(async () => {
  await streams.close();
  await workers.stop();
  await rig.stop();
});

/** The pod of slot 0. */
async function firstOf(cluster: string): Promise<string> {
  await rig.reason(cluster, 'Ready', 'AllReady');
  const [first] = await rig.pods(cluster);
  return first?.metadata.name ?? '';
}

async function event(reason: string): Promise<Event> {
  return await eventually(`an Event ${reason}`, PATIENCE_MS, async () => {
    return (await rig.all(resources.events)).find((one) => one.reason === reason);
  });
}

it('takes the busiest worker out of the Service for a while, and puts it back', async () => {
  await rig.apply('shared', WORKER);
  const busy = await firstOf('shared');
  const accepts = async (): Promise<string[]> =>
    (await rig.pods('shared'))
      .filter(({ metadata }) => metadata.labels?.['streamcluster.dev/accepting'] === 'true')
      .map(({ metadata }) => metadata.name);
  await workers.set({ pod: busy }, { watched: STREAM, viewers: CROWD });
  await rig.until('it is out', async () => (await accepts()).length === 2);
  expect(await accepts()).not.toContain(busy);
  expect((await event('Rebalanced')).message).toContain(`newcomers kept from ${busy}`);
  expect(await rig.condition('shared', 'Balanced')).toMatchObject({ status: 'False' });
  await workers.set({ pod: busy }, { viewers: 0 });
  await rig.until('it is back', async () => (await accepts()).length === 3);
  await rig.reason('shared', 'Balanced', 'Even');
  await rig.remove('shared');
});

it('carries out the plan of a dry run that an annotation names', async () => {
  const service = { redirect: { mode: 'PodAddresses' } };
  await rig.apply('dry', { ...WORKER, service, rebalance: { mode: 'DryRun' } });
  const busy = await firstOf('dry');
  const target = { namespace: NAMESPACE, name: 'dry' };
  const { metadata } = await rig.client.get(resources.streamClusters, target);
  await streams.set({ bucket: `sc-${metadata.uid}`, count: 1, homes: [busy] });
  await workers.set({ pod: busy }, { watched: STREAM, viewers: CROWD });
  const { message } = await event('RebalancePlanned');
  expect(message).toContain('1 stream split; highest load over mean load was 3.00');
  await rig.reason('dry', 'Balanced', 'DryRun');
  const id = /plan (\w+)/.exec(message ?? '')?.[1];
  const annotations = { 'streamcluster.dev/approve-rebalance': id };
  await rig.client.patch(resources.streamClusters, target, { metadata: { annotations } });
  // It was asked; fake workers have no publishers.
  expect((await event('RebalanceFailed')).message).toContain('not done: 1 NotIngest');
});
