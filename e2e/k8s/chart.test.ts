import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { type TestCluster, startCluster } from '../cluster/mod.ts';
import { eventually, eventuallyTrue } from '../src/harness/eventually.ts';
import { ROOT, scratchFolder } from '../src/harness/paths.ts';
import { CHART, chartBefore, KUBE_VERSION, type Manifest, renderText } from './chart-helm.ts';

const PATIENCE_MS = 60_000;
const CRD = 'streamclusters.streamcluster.dev';
const MONITORS = ['--api-versions', 'monitoring.coreos.com/v1'];

const AUTH = {
  ...{ secretName: 'tokens', metricsOpen: false, trustedProxies: ['10.20.0.0/16', 'fd00::/8'] },
  ...{ userHeader: 'X-User', groupHeader: 'X-Groups', adminGroups: ['a'], viewerGroups: ['b'] },
};
/** The button of the page. */
const SCALE = ['patch', 'streamclusters', '--subresource=scale', '-n', 'one'] as const;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ level: 'api' });
  for (const namespace of ['media', 'one', 'two', 'streamcluster-node-tuning']) {
    await cluster.kubectl('create', 'namespace', namespace);
  }
  await cluster.kubectl(
    'label',
    'namespace',
    'media',
    'pod-security.kubernetes.io/enforce=restricted',
  );
});

afterAll(() => cluster.stop());

function install(name: string, namespace: string, ...flags: string[]): Promise<string> {
  return cluster.helm('install', name, CHART, '--namespace', namespace, ...flags);
}

async function uninstall(name: string, namespace: string): Promise<void> {
  await cluster.helm('uninstall', name, '--namespace', namespace, '--wait');
}

async function can(subject: string, verb: string, ...what: string[]): Promise<boolean> {
  const as = subject.includes(':') ? `system:serviceaccount:${subject}` : subject;
  const answer = await cluster
    .kubectl('auth', 'can-i', verb, ...what, '--as', as)
    // It ends with 1 for a no.
    .catch((error: unknown) => String(error));
  return answer.trim() === 'yes';
}

describe('a strict API server', () => {
  it.each([
    ['by default', {}],
    ['for namespaces', { rbac: { scope: 'namespaced' }, watchNamespaces: ['one', 'two'] }],
    ['with a NATS that is not ours', { nats: { install: false, url: 'nats://nats:4222' } }],
    [
      'with three servers that keep nothing',
      { nats: { replicas: 3, storage: { enabled: false } } },
    ],
    ['with a login, and a proxy that knows users', { console: { auth: AUTH } }],
    [
      'for namespaces, with a login',
      {
        ...{ rbac: { scope: 'namespaced' }, watchNamespaces: ['one', 'two'] },
        console: { auth: AUTH },
      },
    ],
    [
      'with everything on',
      { nodeTuning: { enabled: true, rpsCpus: '0' }, operator: { replicas: 5 } },
    ],
  ])('takes the chart %s, every field of it', async (_how, values) => {
    const text = await renderText(values);
    const said = await cluster.kubectlWith(
      text,
      ...['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'],
    );
    const lines = said.trim().split('\n');
    expect(lines.length).toBe(text.match(/^kind: /gm)?.length);
    for (const line of lines) expect(line).toContain('serverside-applied (server dry run)');
  });

  it('takes manifests/install.yaml without helm', async () => {
    const file = path.join(ROOT, 'manifests/install.yaml');
    await cluster.kubectl('apply', '--server-side', '-f', file);
    const { items } = await cluster.kubectlJson<{ items: unknown[] }>(
      ...['get', 'deployments,statefulsets', '--namespace', 'streamcluster-system'],
    );
    expect(items.length).toBe(2);
    await cluster.kubectl('delete', '-f', file, '--wait');
  });

  it('knows the fields of monitors only with their CRDs', async () => {
    const text = await renderText({ serviceMonitor: { enabled: true } }, ...MONITORS);
    await expect(cluster.kubectlWith(text, 'apply', '--dry-run=server', '-f', '-')).rejects.toThrow(
      'no matches for kind "ServiceMonitor"',
    );
  });
});

describe('a release', () => {
  beforeAll(async () => {
    await install('sc', 'media');
  });

  afterAll(async () => {
    await uninstall('sc', 'media');
  });

  it('gets its pods in a namespace that allows only restricted ones', async () => {
    const created = async (): Promise<string[]> => {
      const names = await cluster.kubectl('get', 'pods', '-n', 'media', '-o', 'name');
      return names.trim().split('\n').sort();
    };
    await eventuallyTrue('three pods', PATIENCE_MS, async () => (await created()).length === 3);
    expect(await created()).toEqual([
      'pod/sc-nats-0',
      expect.stringMatching(/^pod\/sc-operator-/),
      expect.stringMatching(/^pod\/sc-operator-/),
    ]);
  });

  it('has StreamClusters served, with the words of the CRD', async () => {
    await eventuallyTrue('StreamClusters are served', PATIENCE_MS, () =>
      cluster.kubectl('get', 'stc', '-A').then(
        () => true,
        () => false,
      ),
    );
    // The OpenAPI document that `explain` reads follows the CRD a moment later.
    const explain = () => cluster.kubectl('explain', 'streamcluster.spec');
    expect(await eventually('an explanation', PATIENCE_MS, explain)).toContain('fixed');
  });

  it('lets the operator do its work everywhere, and no more', async () => {
    const operator = 'media:sc-operator';
    const yes: string[][] = [
      ['create', 'pods', '-n', 'one'],
      ['patch', 'streamclusters', '--subresource=status', '-n', 'one'],
      ['update', 'streamclusters', '--subresource=finalizers', '-n', 'one'],
      ['list', 'secrets', '-n', 'two'],
      ['watch', 'nodes'],
      ['update', 'lease/sc-operator', '-n', 'media'],
    ];
    const no: string[][] = [
      ['update', 'lease/other', '-n', 'media'],
      ['update', 'lease/sc-operator', '-n', 'one'],
      ['patch', 'nodes'],
      ['patch', 'streamclusters', '-n', 'one'],
      ['delete', 'streamclusters', '-n', 'one'],
      ['create', 'clusterrolebindings'],
      ['create', 'pods', '--subresource=exec', '-n', 'one'],
      ['get', 'configmaps', '-n', 'media'],
    ];
    for (const [verb = '', ...what] of yes) {
      expect([verb, what, await can(operator, verb, ...what)]).toEqual([verb, what, true]);
    }
    for (const [verb = '', ...what] of no) {
      expect([verb, what, await can(operator, verb, ...what)]).toEqual([verb, what, false]);
    }
  });

  it('lets who may view or edit a namespace do so with StreamClusters', async () => {
    for (const role of ['view', 'edit']) {
      const binding = ['create', 'rolebinding', role, '--clusterrole', role, '-n', 'one'];
      await cluster.kubectl(...binding, '--user', `${role}er`);
    }
    // The controller that adds up roles takes a moment.
    await eventuallyTrue('viewer may', PATIENCE_MS, () =>
      can('viewer', 'list', 'stc', '-n', 'one'),
    );
    expect(await can('viewer', 'patch', 'stc', '-n', 'one')).toBe(false);
    await eventuallyTrue('editor may', PATIENCE_MS, () =>
      can('editer', 'create', 'stc', '-n', 'one'),
    );
    expect(await can('editer', 'patch', 'stc', '--subresource=scale', '-n', 'one')).toBe(true);
    expect(await can('editer', 'patch', 'stc', '--subresource=status', '-n', 'one')).toBe(false);
    expect(await can('editer', 'create', 'stc', '-n', 'two')).toBe(false);
  });

  it('lets a reader of the API through the proxy to the operator alone', async () => {
    await cluster.kubectl(
      ...['create', 'rolebinding', 'reader', '--role', 'sc-api-reader', '--user', 'reader'],
      ...['-n', 'media'],
    );
    const proxied = (name: string): Promise<boolean> =>
      can('reader', 'get', `services/${name}`, '--subresource=proxy', '-n', 'media');
    expect(await proxied('http:sc-operator:http')).toBe(true);
    expect(await proxied('sc-operator:8088')).toBe(true);
    expect(await proxied('sc-nats:4222')).toBe(false);
  });

  it('says whose the CRD is when a second release brings it too', async () => {
    await expect(install('second', 'two')).rejects.toThrow(
      'the CRD belongs to the release media/sc (namespace/name): set crds.install=false',
    );
    const said = await install('second', 'two', '--set', 'crds.install=false,nodes.watch=false');
    expect(said).toContain('whoever keeps it must bring it to version');
    await uninstall('second', 'two');
    await expect(cluster.kubectl('get', 'crd', CRD)).resolves.toContain(CRD);
  });

  it('lets the operator scale with a login alone', async () => {
    const upgrade = ['upgrade', 'sc', CHART, '--namespace', 'media', '--reset-then-reuse-values'];
    for (const [secret, may] of [
      ['', false],
      ['tokens', true],
      ['', false],
    ] as const) {
      await cluster.helm(...upgrade, '--set', `console.auth.secretName=${secret}`);
      expect([secret, await can('media:sc-operator', ...SCALE)]).toEqual([secret, may]);
    }
  });

  it('brings a newer CRD by an upgrade', async () => {
    const columns = '/spec/versions/0/additionalPrinterColumns';
    const patch = JSON.stringify([{ op: 'remove', path: columns }]);
    await cluster.kubectl('patch', 'crd', CRD, '--type=json', '--patch', patch);
    const older = await cluster.kubectl('get', 'crd', CRD, '-o', 'yaml');
    expect(older).not.toContain('.status.desiredReplicas');
    await cluster.helm('upgrade', 'sc', CHART, '--namespace', 'media');
    const newer = await cluster.kubectl('get', 'crd', CRD, '-o', 'yaml');
    expect(newer).toContain('.status.desiredReplicas');
  });
});

describe('a release that serves namespaces', () => {
  beforeAll(async () => {
    const flags = 'rbac.scope=namespaced,nodes.watch=false,watchNamespaces={one}';
    await install('narrow', 'two', '--set', flags, '--set', 'crds.install=false');
  });

  afterAll(async () => {
    await uninstall('narrow', 'two');
  });

  it('has rights there, for its own Secrets at home, and nowhere else', async () => {
    const operator = 'two:narrow-operator';
    expect(await can(operator, 'create', 'pods', '-n', 'one')).toBe(true);
    expect(await can(operator, 'list', 'secrets', '-n', 'one')).toBe(true);
    expect(await can(operator, 'update', 'secret/narrow-ca', '-n', 'two')).toBe(true);
    expect(await can(operator, 'list', 'secrets', '-n', 'two')).toBe(false);
    expect(await can(operator, 'create', 'pods', '-n', 'two')).toBe(false);
    expect(await can(operator, 'get', 'secrets', '-n', 'kube-system')).toBe(false);
    expect(await can(operator, 'list', 'nodes')).toBe(false);
  });

  it('may scale there with a login', async () => {
    expect(await can('two:narrow-operator', ...SCALE)).toBe(false);
    const upgrade = ['upgrade', 'narrow', CHART, '--namespace', 'two', '--reset-then-reuse-values'];
    await cluster.helm(...upgrade, '--set', 'console.auth.secretName=tokens');
    expect(await can('two:narrow-operator', ...SCALE)).toBe(true);
    const elsewhere = SCALE.map((word) => (word === 'one' ? 'two' : word)) as [string, ...string[]];
    expect(await can('two:narrow-operator', ...elsewhere)).toBe(false);
  });
});

describe('uninstalling', () => {
  it('leaves the CRD and StreamClusters; the same name can come back, another is told so', async () => {
    await install('sc', 'media');
    const resource = {
      ...{ apiVersion: 'streamcluster.dev/v1alpha1', kind: 'StreamCluster' },
      ...{ metadata: { name: 'live', namespace: 'one' }, spec: { fixed: { replicas: 1 } } },
    };
    await eventuallyTrue('it is taken', PATIENCE_MS, () =>
      cluster.kubectlWith(JSON.stringify(resource), 'apply', '-f', '-').then(
        () => true,
        () => false,
      ),
    );
    await uninstall('sc', 'media');
    await expect(cluster.kubectl('get', 'stc/live', '-n', 'one')).resolves.toContain('live');
    await expect(install('other', 'media')).rejects.toThrow('belongs to the release media/sc');
    await expect(install('sc', 'media')).resolves.toContain('deployed');
    await expect(cluster.kubectl('get', 'stc/live', '-n', 'one')).resolves.toContain('live');
    await uninstall('sc', 'media');
    await cluster.kubectl('delete', 'crd', CRD);
  });

  it('does not take over a CRD that kubectl installed', async () => {
    const file = path.join(ROOT, `manifests/crd/${CRD}.yaml`);
    await cluster.kubectl('apply', '--server-side', '-f', file);
    await expect(install('sc', 'media')).rejects.toThrow(
      'the CRD is installed already, and not by helm: set crds.install=false',
    );
  });
});

describe('a release of the chart before', () => {
  it('is upgraded to this one, with what was applied left as it is', async () => {
    await cluster.kubectl('delete', 'crd', CRD, '--ignore-not-found');
    const folder = scratchFolder('chart-before');
    const before = await chartBefore(folder);
    await cluster.helm('install', 'old', before, '--namespace', 'one');
    const resource = {
      ...{ apiVersion: 'streamcluster.dev/v1alpha1', kind: 'StreamCluster' },
      ...{ metadata: { name: 'kept', namespace: 'one' }, spec: { fixed: { replicas: 2 } } },
    };
    await eventually('it is taken', PATIENCE_MS, () =>
      cluster.kubectlWith(JSON.stringify(resource), 'apply', '-f', '-'),
    );
    const uid = ['get', 'stc/kept', '-n', 'one', '-o', 'jsonpath={.metadata.uid}'];
    const applied = await cluster.kubectl(...uid);
    const said = await cluster.helm('upgrade', 'old', CHART, '--namespace', 'one');
    expect(said).toContain('REVISION: 2');
    expect(await cluster.kubectl(...uid)).toBe(applied);
    const installed = await cluster.helm('get', 'manifest', 'old', '--namespace', 'one');
    const flags = ['--namespace', 'one', ...KUBE_VERSION];
    const rendered = await cluster.helm('template', 'old', CHART, ...flags);
    expect(namesIn(installed)).toEqual(namesIn(rendered));
    const explain = () => cluster.kubectl('explain', 'streamcluster.spec');
    expect(await eventually('an explanation', PATIENCE_MS, explain)).toContain('fixed');
    await cluster.kubectl('delete', 'stc/kept', '-n', 'one');
    await uninstall('old', 'one');
    fs.rmSync(folder, { recursive: true });
  });
});

/** What a text of manifests makes, hooks left out. */
function namesIn(text: string): string[] {
  return YAML.parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null)
    .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined)
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    .sort();
}
