import { afterAll, beforeAll, expect, it } from 'vitest';
import { CRD_FILE } from './harness/crd.ts';
import { OperatorRig } from './harness/operator-rig.ts';

const CRD = 'streamclusters.streamcluster.dev';
const SPEC = { fixed: { replicas: 1 }, worker: { cpus: 1, memory: '256Mi' } };

let rig: OperatorRig;
beforeAll(async () => {
  rig = await OperatorRig.start();
  await rig.startOperator();
});
afterAll(() => rig.stop());

/** As an older release had it. */
async function removeFromStatus(...fields: string[]): Promise<void> {
  const schema = '/spec/versions/0/schema/openAPIV3Schema/properties/status/properties';
  const patch = fields.map((field) => ({ op: 'remove', path: `${schema}/${field}` }));
  await rig.cluster.kubectl('patch', 'crd', CRD, '--type=json', '-p', JSON.stringify(patch));
}

it('an older CRD is named, what it knows is written, and a newer one is taken', async () => {
  await removeFromStatus('numa', 'updatedReplicas');
  await rig.apply('live', SPEC);
  const { status, message } = await rig.reason('live', 'Ready', 'CRDOutdated');
  expect(status).toBe('False');
  expect(message).toMatch(/the CRD is older than the operator and lacks status\.\w+, status\.\w+;/);
  expect(message).toContain('status.numa');
  expect(message).toContain('status.updatedReplicas');
  await rig.somePods('live', 1);
  const before = await rig.status('live');
  expect(before).toMatchObject({ phase: 'Degraded', desiredReplicas: 1, replicas: 1 });
  expect(before).not.toHaveProperty('numa');
  await rig.cluster.kubectl('apply', '--server-side', '--force-conflicts', '-f', CRD_FILE);
  await rig.reason('live', 'Ready', 'NotAllReady');
  expect(await rig.status('live')).toMatchObject({ updatedReplicas: 1, numa: '0/0 aligned' });
});
