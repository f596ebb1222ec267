import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { ROOT } from '../src/harness/paths.ts';
import { CHART, find, helm, KUBE_VERSION, render, renderText, variables } from './chart-helm.ts';

const CLUSTER_WIDE = [
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Namespace',
  'PersistentVolume',
];
const MONITORS = ['--api-versions', 'monitoring.coreos.com/v1'];
/** What the operator may do for the page's button. */
const SCALE = {
  ...{ apiGroups: ['streamcluster.dev'], resources: ['streamclusters/scale'], verbs: ['patch'] },
};
/** Everything that can be turned on, and away from its default. */
const MANY = {
  image: { operator: 'r/o:1', worker: 'r/w:1', pullPolicy: 'Always', pullSecrets: ['pull'] },
  watchNamespaces: ['one', 'two'],
  rbac: { scope: 'namespaced' },
  operator: {
    ...{ replicas: 3, logLevel: 'debug', nodeSelector: { disk: 'ssd' }, priorityClassName: 'high' },
    ...{ podAnnotations: { a: 'b' }, tolerations: [{ key: 'x', operator: 'Exists' }] },
  },
  nats: { replicas: 3, storage: { size: '8Gi', storageClass: 'fast' } },
  serviceMonitor: { enabled: true, streams: true, labels: { release: 'prometheus' } },
  podMonitor: { enabled: true },
  nodeTuning: { enabled: true, rpsCpus: '0-1,8', tolerations: [{ operator: 'Exists' }] },
};

describe('the chart', () => {
  it('passes helm lint', async () => {
    await expect(helm('lint', CHART, '--strict', ...KUBE_VERSION)).resolves.toContain('0 chart(s)');
  });

  it('renders the same text each time', async () => {
    expect(await renderText(MANY, ...MONITORS)).toBe(await renderText(MANY, ...MONITORS));
  });

  it('names nothing twice, and puts a namespace on everything that has one', async () => {
    const all = await render(MANY, ...MONITORS);
    const names = all.map(({ kind, metadata: m }) => `${kind} ${m.namespace ?? ''}/${m.name}`);
    expect(new Set(names).size).toBe(names.length);
    const astray = all.filter(
      ({ kind, metadata }) => CLUSTER_WIDE.includes(kind) !== (metadata.namespace === undefined),
    );
    expect(astray.map(({ kind }) => kind)).toEqual([]);
  });

  it('is refused by an older Kubernetes', async () => {
    await expect(helm('template', CHART, '--kube-version', '1.30.9')).rejects.toThrow(
      'requires kubeVersion: >=1.31.0-0',
    );
  });

  it('takes the versions of the package', () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const chart = YAML.parse(fs.readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8')) as {
      version: string;
      appVersion: string;
    };
    expect(chart).toMatchObject({ version, appVersion: version });
  });
});

describe('generated files', () => {
  it('has the CRD as it is generated, and keeps it', () => {
    const file = 'streamclusters.streamcluster.dev.yaml';
    const [ours, generated] = [
      path.join(CHART, 'files', file),
      path.join(ROOT, 'manifests/crd', file),
    ].map(
      (name) => YAML.parse(fs.readFileSync(name, 'utf8')) as { metadata: object; spec: object },
    );
    expect(ours?.spec).toEqual(generated?.spec);
    expect(ours?.metadata).toMatchObject(generated?.metadata ?? {});
    expect(ours?.metadata).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
  });

  it('has manifests/install.yaml as the script prints it', () => {
    const printed = execFileSync(path.join(ROOT, 'scripts/install-yaml.sh'), { encoding: 'utf8' });
    expect(fs.readFileSync(path.join(ROOT, 'manifests/install.yaml'), 'utf8')).toBe(printed);
  });
});

describe('values', () => {
  it.each([
    ['a name that is none', { operator: { replica: 3 } }, /replica/],
    ['a name that is none at the top', { nat: {} }, /nat/],
    ['a word for a number', { operator: { replicas: 'two' } }, /operator.*replicas|replicas/],
    ['two NATS servers', { nats: { replicas: 2 } }, /nats.*replicas|replicas/],
    ['a scope that is none', { rbac: { scope: 'Cluster' } }, /rbac.*scope|scope/],
    ['a URL with a password', { nats: { install: false, url: 'nats://a:b@c:4222' } }, /url/],
    [
      'a setting outside of net.core',
      { nodeTuning: { sysctls: { 'vm.swappiness': 1 } } },
      /sysctls/,
    ],
    ['CPUs that are none', { nodeTuning: { rpsCpus: '0..3' } }, /rpsCpus/],
    ['a label that is no text', { serviceMonitor: { labels: { a: 1 } } }, /labels/],
    ['two NATS', { nats: { url: 'nats://n:4222' } }, /set nats\.install=false with it/],
    ['no NATS', { nats: { install: false } }, /nats\.url must say where NATS is/],
    [
      'a proxy that names users, without tokens',
      { console: { auth: { userHeader: 'X-User' } } },
      /needs console\.auth\.secretName/,
    ],
    [
      'headers of anybody',
      { console: { auth: { userHeader: 'X-User', secretName: 'tokens' } } },
      /needs console\.auth\.trustedProxies/,
    ],
    [
      'credentials for a NATS of ours',
      { nats: { credentialsSecretName: 'x' } },
      /the NATS of this chart has accounts of its own/,
    ],
  ])('refuse %s, and say so', async (_what, values, message) => {
    await expect(render(values)).rejects.toThrow(message);
  });

  it('refuse a release whose name is too long for its objects', async () => {
    await expect(helm('template', 'a'.repeat(41), CHART, ...KUBE_VERSION)).rejects.toThrow(
      'at most 40 characters',
    );
  });

  it('are all in docs/installing.md, with their defaults', () => {
    const values = YAML.parse(fs.readFileSync(path.join(CHART, 'values.yaml'), 'utf8')) as object;
    const document = fs.readFileSync(path.join(ROOT, 'docs/installing.md'), 'utf8');
    const rows = [...document.matchAll(/^\| `([a-zA-Z._]+)` \| `([^`]*)` \|/gm)];
    expect(Object.fromEntries(rows.map(([, name, value]) => [name, value]))).toEqual(
      leaves(values),
    );
  });
});

describe('a login for the page', () => {
  const auth = {
    ...{ secretName: 'tokens', metricsOpen: false, trustedProxies: ['10.0.0.0/8', 'fd00::/8'] },
    ...{ userHeader: 'X-User', groupHeader: 'X-Groups', adminGroups: ['a b', 'c'] },
  };

  it('is none unless a Secret is named', async () => {
    const all = await render();
    expect(Object.keys(variables(all)).filter((name) => name.includes('CONSOLE'))).toEqual([]);
    expect(JSON.stringify(all)).not.toContain('streamclusters/scale"],"verbs":["patch"]');
  });

  it('is by the Secret, mounted, and by what a proxy says', async () => {
    const all = await render({ console: { auth } });
    expect(variables(all)).toMatchObject({
      SC_CONSOLE_AUTH_DIR: '/etc/streamcluster/console',
      SC_CONSOLE_METRICS_OPEN: 'false',
      SC_CONSOLE_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8',
      SC_CONSOLE_USER_HEADER: 'X-User',
      SC_CONSOLE_GROUP_HEADER: 'X-Groups',
      SC_CONSOLE_ADMIN_GROUPS: 'a b,c',
      SC_CONSOLE_VIEWER_GROUPS: '',
    });
    const text = JSON.stringify(all.find(({ kind }) => kind === 'Deployment'));
    expect(text).toContain('"volumes":[{"name":"console-auth","secret":{"secretName":"tokens"}}]');
    expect(text).toContain('"mountPath":"/etc/streamcluster/console"');
  });

  it('brings the right to scale, which the page has a button for', async () => {
    const { rules } = find(await render({ console: { auth } }), 'ClusterRole', 'media-sc-operator');
    expect(rules).toContainEqual(SCALE);
  });

  it('brings it to a Role of each namespace, and without a login to none', async () => {
    const [without, withLogin] = await Promise.all([
      render(MANY),
      render({ ...MANY, console: { auth } }),
    ]);
    for (const namespace of MANY.watchNamespaces) {
      const [before = [], after = []] = [without, withLogin].map((all) => {
        const roles = all.filter(({ metadata }) => metadata.namespace === namespace);
        return find(roles, 'Role', 'sc-streamclusters').rules;
      });
      expect(before).not.toContainEqual(SCALE);
      expect(after.filter((rule) => !isDeepStrictEqual(rule, SCALE))).toEqual(before);
      expect(after.length).toBe(before.length + 1);
    }
  });

  it('names no headers where no proxy names users, and trusts proxies for addresses alone', async () => {
    const names = variables(await render({ console: { auth: { ...auth, userHeader: '' } } }));
    expect(names['SC_CONSOLE_TRUSTED_PROXIES']).toBe('10.0.0.0/8,fd00::/8');
    expect(Object.keys(names).filter((name) => /HEADER|GROUPS/.test(name))).toEqual([]);
  });
});

describe('rights', () => {
  it('are in one ClusterRole, or in a Role of each namespace', async () => {
    const wide = find(await render(), 'ClusterRole', 'media-sc-operator');
    const narrow = await render(MANY);
    const roles = narrow.filter(
      ({ kind, metadata }) => kind === 'Role' && /-str/.test(metadata.name),
    );
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['one', 'two']);
    expect(roles.map(({ rules }) => rules)).toEqual([wide.rules, wide.rules]);
  });

  it('are in alphabetical order, and hold no star', async () => {
    const rules = (await render()).flatMap((one) => one.rules ?? []);
    expect(rules.length).toBeGreaterThan(10);
    for (const { apiGroups, resources, verbs } of rules) {
      for (const list of [apiGroups, resources, verbs]) {
        expect(list).toEqual([...list].sort());
        expect(list).not.toContain('*');
      }
    }
  });

  it('need nothing of the whole cluster, if asked for', async () => {
    const own = await render({
      ...{ crds: { install: false }, nodes: { watch: false } },
      rbac: { scope: 'namespaced', userRoles: false },
    });
    expect(own.filter(({ kind }) => CLUSTER_WIDE.includes(kind))).toEqual([]);
    expect(variables(own)).toMatchObject({ SC_NAMESPACES: 'media', SC_WATCH_NODES: 'false' });
  });
});

describe('the operator', () => {
  it('is told where all is', async () => {
    expect(variables(await render())).toMatchObject({
      SC_NAMESPACES: '',
      SC_WATCH_NODES: 'true',
      SC_WORKER_IMAGE: 'ghcr.io/example/streamcluster-worker:0.1.0',
      SC_NATS: 'nats://sc-nats.media.svc:4222',
      SC_NATS_MANAGED: 'true',
      SC_NATS_AUTH_SECRET: 'sc-nats-auth',
      SC_BUCKET_REPLICAS: '1',
      SC_OPERATOR_ADDRESS: 'sc-operator.media.svc:9092',
      SC_LEASE_NAME: 'sc-operator',
      SC_CA_SECRET: 'sc-ca',
    });
  });

  it('is told of a NATS that is not ours, of which nothing is made', async () => {
    const url = 'tls://a:4222,tls://b:4222';
    const all = await render({
      nats: { install: false, url, credentialsSecretName: 'their-nats' },
    });
    expect(variables(all)).toMatchObject({
      ...{ SC_NATS: url, SC_NATS_MANAGED: 'false', SC_NATS_AUTH_SECRET: '' },
      SC_NATS_CREDENTIALS_SECRET: 'their-nats',
    });
    expect(all.filter(({ metadata }) => metadata.name.startsWith('sc-nats'))).toEqual([]);
  });

  it('has a budget only where there are two', async () => {
    const kinds = (await render({ operator: { replicas: 1 } })).map(({ kind }) => kind);
    expect(kinds).not.toContain('PodDisruptionBudget');
    expect((await render()).map(({ kind }) => kind)).toContain('PodDisruptionBudget');
  });

  it('takes images that are given', async () => {
    const all = await render(MANY);
    const { spec } = find(all, 'Deployment', 'sc-operator').spec?.template ?? {};
    expect(spec?.containers[0]?.image).toBe('r/o:1');
    expect(variables(all)).toMatchObject({ SC_WORKER_IMAGE: 'r/w:1', SC_BUCKET_REPLICAS: '3' });
  });
});

describe('what is off by default', () => {
  it('is not there', async () => {
    const kinds = (await render({}, ...MONITORS)).map(({ kind }) => kind);
    for (const kind of ['DaemonSet', 'Namespace', 'PodMonitor', 'ServiceMonitor']) {
      expect(kinds).not.toContain(kind);
    }
  });

  it('makes monitors only where their API is', async () => {
    const kinds = async (...flags: string[]) => (await render(MANY, ...flags)).map((m) => m.kind);
    expect(await kinds()).not.toContain('ServiceMonitor');
    expect(await kinds(...MONITORS)).toEqual(
      expect.arrayContaining(['ServiceMonitor', 'PodMonitor']),
    );
  });

  it('is privileged in the tuning of nodes alone, in a namespace of its own', async () => {
    const privileged = (await render(MANY)).filter(({ spec }) =>
      spec?.template?.spec.containers.some((one) => one.securityContext?.privileged === true),
    );
    expect(privileged.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
      ['DaemonSet', 'streamcluster-node-tuning'],
    ]);
  });
});

/** Leaves by their path, as the table writes them; empty ones are leaves. */
function leaves(value: unknown, at = ''): Record<string, string> {
  const isOpaque = /resources$|sysctls$/.test(at);
  if (!isOpaque && typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const parts = Object.entries(value).map(([key, inner]) =>
      leaves(inner, at === '' ? key : `${at}.${key}`),
    );
    return Object.assign({}, ...parts) as Record<string, string>;
  }
  return { [at]: isOpaque ? 'see values.yaml' : JSON.stringify(value) };
}
