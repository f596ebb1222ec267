import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Pod, Stored } from '../../operator/src/kube/mod.ts';
import { nameOf } from './harness/audit-log.ts';
import { FakeWorkers } from './harness/fake-workers.ts';
import { OperatorRig } from './harness/operator-rig.ts';

const REPLICAS = 3;
const SETTLE_MS = 15_000;
const REST_MS = 60_000;
/** The Lease 12 times, the CA twice, and the watches that end. */
const MAX_REQUESTS_AT_REST = 24;
const UPDATE_MS = 180_000;

let rig: OperatorRig;
let workers: FakeWorkers;
beforeAll(async () => {
  rig = await OperatorRig.start({ level: 'kwok' });
  await rig.cluster.addFakeNodes(3);
  const { nats, cluster } = rig;
  workers = await FakeWorkers.start({ kubeconfig: cluster.kubeconfig, natsUrl: nats.url });
  await rig.startOperator();
  await rig.apply('live', spec('256Mi'));
  await rig.reason('live', 'Ready', 'AllReady');
});
afterAll(async () => {
  await workers.stop();
  await rig.stop();
});

function spec(memory: string): object {
  const drain = { lingerSeconds: 2, deadlineSeconds: 20, publisherGraceSeconds: 1 };
  return { fixed: { replicas: REPLICAS }, worker: { cpus: 1, memory }, drain };
}

function revisions(pods: readonly Stored<Pod>[]): string[] {
  const all = pods.map(({ metadata }) => metadata.labels?.['streamcluster.dev/revision'] ?? '');
  return [...new Set(all)];
}

function serves({ metadata, status }: Stored<Pod>): boolean {
  const isReady = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
  const accepts = metadata.labels?.['streamcluster.dev/accepting'] === 'true';
  return isReady === true && accepts && metadata.deletionTimestamp === undefined;
}

it('asks the API server for next to nothing at rest', async () => {
  await sleep(SETTLE_MS);
  const startMs = Date.now();
  await sleep(REST_MS);
  const events = rig.audit.since(startMs);
  const aMinute = (events.length * 60_000) / (Date.now() - startMs);
  console.log(`at rest: ${aMinute.toFixed(1)} requests a minute`, rig.audit.table(startMs));
  expect(events.map(nameOf)).toContain('update leases');
  expect(aMinute).toBeLessThan(MAX_REQUESTS_AT_REST);
});

it('replaces workers when spec.worker changes, and some serve all the time', async () => {
  const before = await rig.pods('live');
  const [oldRevision] = revisions(before);
  await rig.apply('live', spec('320Mi'));
  const serving: number[] = [];
  const there: number[] = [];
  const startMs = performance.now();
  let pods = before;
  const isDone = (): boolean => pods.length === REPLICAS && !revisions(pods).includes(oldRevision!);
  while (!isDone()) {
    expect(performance.now() - startMs).toBeLessThan(UPDATE_MS);
    pods = await rig.pods('live');
    serving.push(pods.filter(serves).length);
    there.push(pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length);
    await sleep(100);
  }
  const ms = Math.round(performance.now() - startMs);
  const [least, most] = [Math.min(...serving), Math.max(...there)];
  console.log(`updated in ${ms} ms; at least ${least} took new connections, at most ${most} there`);
  expect(least).toBeGreaterThanOrEqual(1);
  expect(most).toBeLessThanOrEqual(REPLICAS + 1);
  await rig.reason('live', 'Progressing', 'Settled');
  expect(await rig.status('live')).toMatchObject({
    ...{ phase: 'Ready', replicas: REPLICAS, readyReplicas: REPLICAS, updatedReplicas: REPLICAS },
  });
  expect(pods.every(serves)).toBe(true);
  expect(pods[0]?.spec?.containers[0]?.resources?.limits?.['memory']).toBe('320Mi');
  const old = new Set(before.map(({ metadata }) => metadata.uid));
  expect(pods.some(({ metadata }) => old.has(metadata.uid))).toBe(false);
  expect(await workers.counts()).toMatchObject({ drains: REPLICAS, undrains: 0 });
});

it('keeps workers when what changes is none of a pod', async () => {
  const before = await rig.pods('live');
  const { drains } = await workers.counts();
  await rig.apply('live', { ...spec('320Mi'), streams: { maxLagSeconds: 9 } });
  await rig.until('new version applied', async () => {
    const versions = (await workers.workers()).map(({ appliedVersion }) => Number(appliedVersion));
    return versions.length === REPLICAS && versions.every((version) => version >= 3);
  });
  await sleep(SETTLE_MS);
  const uids = (pods: readonly Stored<Pod>[]): string[] => pods.map(({ metadata }) => metadata.uid);
  expect(uids(await rig.pods('live'))).toEqual(uids(before));
  expect((await workers.counts()).drains).toBe(drains);
});

it('goes back to the revision that it had when the change is taken back', async () => {
  const [revision] = revisions(await rig.pods('live'));
  await rig.apply('live', spec('256Mi'));
  await rig.until('workers of before', async () => {
    const pods = await rig.pods('live');
    return pods.length === REPLICAS && !revisions(pods).includes(revision!);
  });
  await rig.apply('live', spec('320Mi'));
  await rig.until('workers of in between', async () => {
    const pods = await rig.pods('live');
    return pods.length === REPLICAS && revisions(pods).join() === revision;
  });
});
