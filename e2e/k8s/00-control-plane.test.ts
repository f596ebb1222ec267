import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type TestCluster } from '../cluster/mod.ts';
import { installCrd } from './harness/crd.ts';

const POD = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'none', image: 'none', resources: { requests: { cpu: '1' } } }] },
});

describe('a control plane', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ level: 'api' });
  });
  afterAll(() => cluster.stop());

  test('judges by the CEL rules of our schema', async () => {
    await installCrd(cluster);
    const resource = (name: string) =>
      `{apiVersion: streamcluster.dev/v1alpha1, kind: StreamCluster, metadata: {name: ${name}}, spec: {}}`;
    const refused = cluster.kubectlWith(resource('has.a.dot'), 'create', '-f', '-');
    await expect(refused).rejects.toThrow(/has\.a\.dot.*invalid/is);
  });

  test('speaks as a ServiceAccount, and says in its log what that may do', async () => {
    await cluster.kubectl('create', 'serviceaccount', 'reader');
    const kubeconfig = await cluster.kubeconfigFor('default', 'reader');
    const forbidden = cluster.kubectl('--kubeconfig', kubeconfig, 'get', 'pods');
    await expect(forbidden).rejects.toThrow(/forbidden.*system:serviceaccount:default:reader/is);
    const events = fs.readFileSync(cluster.auditLog, 'utf8').trim().split('\n');
    const ours = events.filter((line) => line.includes('system:serviceaccount:default:reader'));
    expect(ours.some((line) => line.includes('"code":403'))).toBe(true);
  });

  test('comes back at the same address after a restart', async () => {
    await cluster.kubectl('create', 'configmap', 'kept');
    await cluster.apiServer.stop();
    await expect(cluster.kubectl('get', 'configmap', 'kept')).rejects.toThrow(/refused/);
    await cluster.apiServer.start();
    await cluster.kubectl('get', 'configmap', 'kept');
  });

  test('lives beside another', async () => {
    const other = await startCluster({ level: 'api' });
    try {
      expect(other.server).not.toBe(cluster.server);
      await other.kubectl('create', 'namespace', 'only-there');
      await expect(cluster.kubectl('get', 'namespace', 'only-there')).rejects.toThrow(/NotFound/);
    } finally {
      await other.stop();
    }
  });
});

test('hundred fake nodes run hundred pods', async () => {
  const cluster = await startCluster({ level: 'kwok' });
  try {
    const nodes = await cluster.addFakeNodes(100);
    expect(nodes).toHaveLength(100);
    const items = nodes.map((name) => POD(`pod-of-${name}`));
    const list = { apiVersion: 'v1', kind: 'List', items };
    await cluster.kubectlWith(JSON.stringify(list), 'create', '-f', '-');
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s');
  } finally {
    await cluster.stop();
  }
});
