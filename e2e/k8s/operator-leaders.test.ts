import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../src/harness/eventually.ts';
import { FakeWorkers } from './harness/fake-workers.ts';
import type { OperatorProcess } from './harness/operator-process.ts';
import { OperatorRig } from './harness/operator-rig.ts';

const SPEC = { fixed: { replicas: 3 }, worker: { cpus: 1, memory: '256Mi' } };
const HANDOVER_MS = 3_000;
/** A Lease of 15 s, a try every 2.4 s, and a machine that has little time. */
const EXPIRY_MS = 30_000;
const LEASE_MS = 15_000;
const OVERLAP_MS = 10_000;

interface Worker {
  readonly uid: string;
  readonly name: string;
  readonly image: string | undefined;
}

let rig: OperatorRig;
let workers: FakeWorkers;
let operators: OperatorProcess[];
let pods: Worker[];
beforeAll(async () => {
  rig = await OperatorRig.start({ level: 'kwok' });
  await rig.cluster.addFakeNodes(3);
  const { nats, cluster } = rig;
  workers = await FakeWorkers.start({ kubeconfig: cluster.kubeconfig, natsUrl: nats.url });
  operators = [await rig.startOperator('operator-1'), await rig.startOperator('operator-2')];
  await rig.apply('live', SPEC);
  await rig.reason('live', 'Ready', 'AllReady');
  pods = await seen();
});
afterAll(async () => {
  await workers.stop();
  await rig.stop();
});

beforeEach(async () => {
  operators = operators.filter(({ child }) => child.running);
  while (operators.length < 2) {
    operators.push(await rig.startOperator(`operator-${performance.now().toFixed(0)}`));
  }
});

async function seen(): Promise<Worker[]> {
  return (await rig.pods('live')).map(({ metadata: { uid, name }, spec }) => {
    return { uid, name, image: spec?.containers[0]?.image };
  });
}

/** Neither deleted nor made, neither drained nor restarted. */
async function expectUntouched(): Promise<void> {
  expect(await seen()).toEqual(pods);
  expect(await workers.counts()).toMatchObject({ drains: 0, undrains: 0, finished: 0 });
  expect(await rig.status('live')).toMatchObject({ readyReplicas: 3, updatedReplicas: 3 });
}

async function leaders(): Promise<OperatorProcess[]> {
  const alive = operators.filter(({ child }) => child.running);
  const areLeading = await Promise.all(alive.map((one) => one.isLeading().catch(() => false)));
  return alive.filter((_, index) => areLeading[index]);
}

async function successorOf(leader: OperatorProcess): Promise<number> {
  const startMs = performance.now();
  await eventually('another leader', 2 * EXPIRY_MS, async () => {
    return (await leaders()).find((one) => one !== leader);
  });
  return performance.now() - startMs;
}

it('one of two leads', async () => {
  await rig.leader(operators);
  for (let i = 0; i < 20; i += 1) {
    expect(await leaders()).toHaveLength(1);
    await sleep(200);
  }
  await expectUntouched();
});

it('one that ends in good order hands over at once', async () => {
  const leader = await rig.leader(operators);
  const [ms] = await Promise.all([successorOf(leader), leader.stop()]);
  console.log(`handed over after ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(HANDOVER_MS);
  await sleep(OVERLAP_MS);
  await expectUntouched();
});

it('one that is killed is followed when its Lease is over', async () => {
  const leader = await rig.leader(operators);
  leader.kill();
  const ms = await successorOf(leader);
  console.log(`taken over after ${Math.round(ms)} ms`);
  // It renewed up to 5 s before.
  expect(ms).toBeGreaterThan(LEASE_MS - 6_000);
  expect(ms).toBeLessThan(EXPIRY_MS);
  await sleep(OVERLAP_MS);
  await expectUntouched();
});

it('a new operator with another image of workers replaces nobody', async () => {
  await Promise.all(operators.map((operator) => operator.stop()));
  const flags = { 'worker-image': 'streamcluster-worker:next' };
  operators = [await rig.startOperator('operator-new', flags)];
  await rig.leader(operators);
  await sleep(OVERLAP_MS);
  await expectUntouched();
  // Only who comes later has it.
  await rig.apply('later', { ...SPEC, fixed: { replicas: 1 } });
  const [pod] = await rig.somePods('later', 1);
  expect(pod?.spec?.containers[0]?.image).toBe('streamcluster-worker:next');
});
