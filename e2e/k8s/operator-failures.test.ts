import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources, type Pod, type Stored } from '../../operator/src/kube/mod.ts';
import { nameOf } from './harness/audit-log.ts';
import { OperatorRig } from './harness/operator-rig.ts';

const SPEC = { fixed: { replicas: 1 }, worker: { cpus: 1, memory: '256Mi' } };
const CLUSTER_ROLE = 'media-sc-operator';
/** While something is in the way, an operator asks for no more than this. */
const MAX_REQUESTS_A_MINUTE = 40;
const WATCH_MS = 30_000;

let rig: OperatorRig;
beforeAll(async () => {
  rig = await OperatorRig.start({ namespaces: ['full', 'ending'] });
  await rig.startOperator();
});
afterAll(() => rig.stop());

async function reject(pod: Stored<Pod>, node: string, reason: string): Promise<void> {
  await rig.bind(pod, node);
  await rig.setPodStatus(pod, { phase: 'Failed', reason, message: `${reason} said the kubelet` });
}

function avoided(pod: Stored<Pod>): unknown {
  const { nodeAffinity } = pod.spec?.affinity ?? {};
  const { nodeSelectorTerms } = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
  return nodeSelectorTerms?.map(({ matchFields }) => matchFields);
}

async function next(name: string, before: Stored<Pod>): Promise<Stored<Pod>> {
  let found: Stored<Pod> | undefined;
  await rig.until(`successor of ${before.metadata.name}`, async () => {
    const pods = await rig.pods(name);
    found = pods.find(({ metadata }) => metadata.uid !== before.metadata.uid);
    return found !== undefined && pods.length === 1;
  });
  return found!;
}

/** Rejects the test when there are more requests than allowed while nothing can be done. */
async function expectPatience(what: string): Promise<void> {
  const startMs = Date.now();
  await sleep(WATCH_MS);
  const table = rig.audit.table(startMs);
  const minutes = (Date.now() - startMs) / 60_000;
  // The Lease is renewed 12 times a minute, whatever happens.
  const count = rig.audit.since(startMs).filter((event) => !nameOf(event).includes('lease')).length;
  console.log(`${what}: ${Math.round(count / minutes)} requests a minute without the Lease`, table);
  expect(count / minutes).toBeLessThan(MAX_REQUESTS_A_MINUTE);
}

describe('a node that refuses a worker', () => {
  it.each([
    ['TopologyAffinityError', 'topology'],
    ['SMTAlignmentError', 'smt'],
    ['UnexpectedAdmissionError', 'admission'],
    ['OutOfcpu', 'cpu'],
  ])('for %s is avoided, and named', async (reason, name) => {
    await rig.apply(name, SPEC);
    const [pod] = await rig.somePods(name, 1);
    expect(avoided(pod!)).toBeUndefined();
    await reject(pod!, `node-of-${name}`, reason);
    const successor = await next(name, pod!);
    expect(successor.metadata.name).toBe(`${name}-0-2`);
    const values = [`node-of-${name}`];
    expect(avoided(successor)).toEqual([[{ key: 'metadata.name', operator: 'NotIn', values }]]);
    const { status, message } = await rig.reason(name, 'NumaAligned', 'TopologyRejected');
    expect(status).toBe('False');
    expect(message).toBe(
      `node-of-${name} refused a worker and is avoided: ${reason}: ${reason} said the kubelet`,
    );
    await rig.until('Event of the refusal', async () => {
      const events = await rig.all(resources.events);
      return events.some(
        (event) => event.reason === 'WorkerRejected' && event.involvedObject.name === name,
      );
    });
    await rig.remove(name);
  });

  it('time and again is asked less and less', async () => {
    await rig.apply('refused', SPEC);
    const seen = new Set<string>();
    const startMs = performance.now();
    while (performance.now() - startMs < WATCH_MS) {
      for (const pod of await rig.pods('refused')) {
        if (seen.has(pod.metadata.uid)) continue;
        seen.add(pod.metadata.uid);
        await reject(pod, `refusing-${seen.size}`, 'TopologyAffinityError').catch(() => undefined);
      }
      await sleep(50);
    }
    console.log(`${seen.size} pods were made in ${WATCH_MS} ms, all refused`);
    // At once, then after 0.5, 1, 2, 4, 8 and 16 s.
    expect(seen.size).toBeGreaterThanOrEqual(4);
    expect(seen.size).toBeLessThanOrEqual(8);
    await rig.remove('refused');
  });
});

describe('a pod that does not get to run', () => {
  let pod: Stored<Pod>;
  beforeAll(async () => {
    await rig.apply('stuck', SPEC);
    pod = (await rig.somePods('stuck', 1))[0]!;
  });
  afterAll(() => rig.remove('stuck'));

  const waiting = (state: object, more: object = {}): object => {
    const container = { name: 'worker', image: 'i', imageID: '', ready: false, restartCount: 0 };
    return { containerStatuses: [{ ...container, state: { waiting: state }, ...more }] };
  };

  it.each([
    [
      'ImagePullFailed',
      waiting({ reason: 'ErrImagePull', message: 'manifest unknown' }),
      'manifest unknown',
    ],
    [
      'WorkersCrash',
      waiting(
        { reason: 'CrashLoopBackOff', message: 'back-off 40s' },
        { lastState: { terminated: { exitCode: 78, reason: 'Error' } } },
      ),
      'back-off 40s, last exit code 78',
    ],
    [
      'Unschedulable',
      {
        conditions: [
          {
            ...{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' },
            message: '0/3 nodes are available: 3 Insufficient cpu',
          },
        ],
      },
      '0/3 nodes are available: 3 Insufficient cpu',
    ],
  ])('is said to be %s, until it is not', async (reason, status, said) => {
    await rig.setPodStatus(pod, status);
    const condition = await rig.reason('stuck', 'Ready', reason);
    expect(condition).toMatchObject({
      status: 'False',
      message: `0 of 1 workers are ready; stuck-0-1: ${said}`,
    });
    await rig.setPodStatus(pod, { containerStatuses: [], conditions: [] });
    await rig.reason('stuck', 'Ready', 'NotAllReady');
    expect((await rig.somePods('stuck', 1))[0]?.metadata.uid).toBe(pod.metadata.uid);
  });
});

describe('a namespace', () => {
  it('that is full is said to be, asked seldom, and filled when there is room', async () => {
    const { cluster } = rig;
    await cluster.kubectl('create', 'quota', 'none', '--hard=pods=0', '-n', 'full');
    await rig.until('quota in force', async () => {
      const path = ['-o', 'jsonpath={.status.hard.pods}'] as const;
      return (await cluster.kubectl('get', 'quota', 'none', '-n', 'full', ...path)) === '0';
    });
    await rig.apply('full', SPEC, 'full');
    const { message } = await rig.reason('full', 'Ready', 'QuotaExceeded', 'full');
    expect(message).toMatch(/worker full-0-1 cannot be made: .*exceeded quota: none/);
    await expectPatience('quota');
    expect((await rig.condition('full', 'Ready', 'full'))?.reason).toBe('QuotaExceeded');
    await cluster.kubectl('delete', 'quota', 'none', '-n', 'full');
    await rig.somePods('full', 1, 'full');
    await rig.reason('full', 'Ready', 'NotAllReady', 'full');
    await rig.remove('full', 'full');
  });

  it('that ends is left in peace', async () => {
    const { cluster, client } = rig;
    const namespace = 'ending';
    await rig.apply('last', SPEC, namespace);
    await rig.somePods('last', 1, namespace);
    const target = { namespace, name: 'last' };
    const hold = { metadata: { finalizers: ['tests.streamcluster.dev/hold'] } };
    await client.patch(resources.streamClusters, target, hold);
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    await rig.somePods('last', 0, namespace);
    await expectPatience('ending namespace');
    await client.patch(resources.streamClusters, target, { metadata: { finalizers: [] } });
    await rig.until('end of the namespace', async () => {
      const names = await cluster.kubectl('get', 'namespaces', '-o', 'name');
      return !names.includes(namespace);
    });
  });
});

describe('a right that somebody took', () => {
  it('is named, asked for seldom, and used as soon as it is given back', async () => {
    const { cluster } = rig;
    type Rules = { rules: { resources: string[]; verbs: string[] }[] };
    const role = await cluster.kubectlJson<Rules>('get', 'clusterrole', CLUSTER_ROLE);
    const rules = role.rules.map((rule) =>
      rule.resources.includes('pods')
        ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'create') }
        : rule,
    );
    expect(rules).not.toEqual(role.rules);
    await replace({ ...role, rules });
    await rig.apply('refused-us', SPEC);
    const { message } = await rig.reason('refused-us', 'Ready', 'Forbidden');
    expect(message).toMatch(
      /worker refused-us-0-1 cannot be made: .*cannot create resource "pods"/,
    );
    await expectPatience('missing right');
    await replace(role);
    await rig.somePods('refused-us', 1);
    await rig.reason('refused-us', 'Ready', 'NotAllReady');
    await rig.remove('refused-us');
  });

  async function replace(role: object): Promise<void> {
    const patch = JSON.stringify({ rules: (role as { rules: unknown }).rules });
    await rig.cluster.kubectl('patch', 'clusterrole', CLUSTER_ROLE, '--type=merge', '-p', patch);
  }
});
