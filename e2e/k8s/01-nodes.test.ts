import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type TestCluster, TOOLS_IMAGE, toolsArchive } from '../cluster/mod.ts';
import { eventually, eventuallyTrue } from '../src/harness/eventually.ts';

const SERVE = 'mkdir /tmp/www && hostname >/tmp/www/index.html && httpd -f -p 8080 -h /tmp/www';
const SERVER = pod('server', 'node-1', ['sh', '-c', SERVE], { requests: { cpu: '50m' } });
const CLIENT = pod('client', 'node-2', ['sleep', '3600'], {
  limits: { cpu: '1', memory: '64Mi' },
});
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'server' },
  spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] },
};

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster({ level: 'node', pinned: true });
  await cluster.loadImage(await toolsArchive());
  const list = { apiVersion: 'v1', kind: 'List', items: [SERVER, CLIENT, SERVICE] };
  await cluster.kubectlWith(JSON.stringify(list), 'create', '-f', '-');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s');
});
afterAll(() => cluster.stop());

test('a pod reaches another node by the name of a Service', async () => {
  const inClient = (...command: string[]) => cluster.kubectl('exec', 'client', '--', ...command);
  const page = await eventually('answer of the Service', 30_000, () =>
    inClient('curl', '-sSf', '-m', '5', 'http://server.default.svc.cluster.local/'),
  );
  expect(page.trim()).toBe('server');
  expect((await inClient('curl', '-sSf', '-m', '5', 'http://server/')).trim()).toBe('server');
});

test('a pod reaches the API server', async () => {
  const url = 'https://kubernetes.default.svc/readyz';
  const answer = await cluster.kubectl('exec', 'client', '--', 'curl', '-sSfk', '-m', '5', url);
  expect(answer).toBe('ok');
});

test('this machine reaches pods and Services', async () => {
  const podIp = await cluster.kubectl('get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}');
  const spec = ['service', 'server', '-o', 'jsonpath={.spec.clusterIP}'] as const;
  const clusterIp = await cluster.kubectl('get', ...spec);
  for (const url of [`http://${podIp}:8080/`, `http://${clusterIp}/`]) {
    expect((await (await fetch(url)).text()).trim()).toBe('server');
  }
});

test('a pod has a CPU for itself', async () => {
  const status = await cluster.kubectl('exec', 'client', '--', 'cat', '/proc/self/status');
  const cpus = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1];
  const node = cluster.nodes.find(({ name }) => name === 'node-2')!;
  // The node keeps CPU 1 for everyone else.
  expect(cpus).toBe('0');
  expect(JSON.stringify(node.cpuManagerState().entries)).toContain('"c":"0"');
  expect(node.cpuManagerState().defaultCpuSet).toBe('1');
});

test('a node that falls silent is noticed, and comes back', async () => {
  const node = cluster.nodes[0]!;
  const readiness = () =>
    cluster.kubectl(
      ...['get', 'node', node.name],
      ...['-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'],
    );
  await node.stopKubelet();
  await eventuallyTrue('silence noticed', 60_000, async () => (await readiness()) === 'Unknown');
  node.startKubelet();
  await eventuallyTrue('return noticed', 60_000, async () => (await readiness()) === 'True');
});

function pod(name: string, nodeName: string, command: string[], resources: object): object {
  const container = { name: 'c', image: TOOLS_IMAGE, imagePullPolicy: 'Never', command, resources };
  const spec = { nodeName, terminationGracePeriodSeconds: 1, containers: [container] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec };
}
