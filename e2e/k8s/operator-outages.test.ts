import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlakyProxy, type Fault } from './harness/flaky-proxy.ts';
import { OperatorRig } from './harness/operator-rig.ts';
import type { OperatorProcess } from './harness/operator-process.ts';

const OUTAGE_MS = 20_000;
/** Of ten watches, the Lease, the reconciler and its Events, each with its own back-off. */
const MAX_REQUESTS_IN_OUTAGE = 200;

function spec(replicas: number): object {
  return { fixed: { replicas }, worker: { cpus: 1, memory: '256Mi' } };
}

let rig: OperatorRig;
let proxy: FlakyProxy;
let operator: OperatorProcess;
let replicas = 1;
beforeAll(async () => {
  rig = await OperatorRig.start();
  proxy = await FlakyProxy.start(rig.cluster.server, rig.cluster.caFile);
  operator = await rig.startOperator('operator-1', {}, proxy.kubeconfig(rig.kubeconfig));
  await rig.apply('live', spec(replicas));
  await rig.somePods('live', replicas);
});
afterAll(async () => {
  await rig.stop();
  await proxy.stop();
});

async function uids(): Promise<string[]> {
  return (await rig.pods('live')).map(({ metadata }) => metadata.uid);
}

/** Holds it for a while; then a change is to be carried out, and nothing done twice. */
async function outage(what: string, begin: () => unknown, end: () => unknown): Promise<void> {
  const before = await uids();
  const requestsBefore = proxy.requests;
  await begin();
  await sleep(OUTAGE_MS);
  const requests = proxy.requests - requestsBefore;
  await end();
  const endMs = performance.now();
  replicas += 1;
  await rig.apply('live', spec(replicas));
  await rig.until('one more worker', async () => (await uids()).length >= replicas);
  const healedMs = Math.round(performance.now() - endMs);
  console.log(`${what}: ${requests} requests in ${OUTAGE_MS} ms, healed after ${healedMs} ms`);
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThan(MAX_REQUESTS_IN_OUTAGE);
  expect(operator.child.running).toBe(true);
  const after = await uids();
  expect(after).toHaveLength(replicas);
  expect(after).toEqual(expect.arrayContaining(before));
}

describe('an operator', () => {
  it('lives through an API server that is away', async () => {
    const { apiServer } = rig.cluster;
    await outage(
      'no API server',
      () => apiServer.stop(),
      () => apiServer.start(),
    );
  });

  it.each<[string, Fault]>([
    ['429', { code: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 }],
    ['500', { code: 500, reason: 'InternalError' }],
    ['503', { code: 503, reason: 'ServiceUnavailable' }],
    ['410 for lists and watches', { code: 410, reason: 'Expired', isMeant: isReadOfMany }],
    ['401', { code: 401, reason: 'Unauthorized' }],
  ])('lives through an API server that answers %s', async (what, fault) => {
    await outage(
      what,
      () => {
        proxy.fault = fault;
        proxy.cutConnections();
      },
      () => {
        proxy.fault = undefined;
      },
    );
  });

  it('lives through connections that are cut once a second', async () => {
    let timer: NodeJS.Timeout | undefined;
    await outage(
      'cut connections',
      () => {
        timer = setInterval(() => proxy.cutConnections(), 1_000);
      },
      () => clearInterval(timer),
    );
  });
});

function isReadOfMany(method: string, url: string): boolean {
  return method === 'GET' && !/\/(leases|secrets)\/[^/?]+/.test(url);
}
