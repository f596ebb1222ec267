import { describe, expect, it } from 'vitest';
import { disruptionBudget } from './disruption-budget.ts';
import { marksOf, markMeta } from './marks.ts';
import { incarnationOf, podName } from './names.ts';
import { networkPolicy } from './network-policy.ts';
import { revisionOf } from './revision.ts';
import { serviceAccount } from './service-account.ts';
import { headlessService, usersService } from './services.ts';
import { testResource } from './testing/resource.ts';
import { workerPod, type WorkerPodRequest } from './worker-pod.ts';

const SURROUNDINGS = { natsUrl: 'nats://ours:4222', operatorAddress: 'operator.sys.svc:9092' };

function podOf(spec?: object, more: Partial<WorkerPodRequest> = {}): ReturnType<typeof workerPod> {
  return workerPod({
    resource: testResource(spec),
    slot: 2,
    incarnation: 5,
    defaultImage: 'default/worker:1',
    surroundings: SURROUNDINGS,
    avoidNodes: [],
    ...more,
  });
}

function envOf(spec?: object): Record<string, string | undefined> {
  const env = podOf(spec).spec?.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

describe('workerPod', () => {
  it('sends spans where the installation has a collector', () => {
    const endpoint = 'http://collector:4318';
    const surroundings = { ...SURROUNDINGS, otlpEndpoint: endpoint };
    const env = podOf(undefined, { surroundings }).spec?.containers[0]?.env ?? [];
    expect(env).toContainEqual({ name: 'SC_OTLP_ENDPOINT', value: endpoint });
    expect(envOf()).not.toHaveProperty('SC_OTLP_ENDPOINT');
  });

  it('is named by slot and incarnation and belongs to its StreamCluster', () => {
    const { metadata } = podOf();
    expect(metadata?.name).toBe('live-2-5');
    expect(incarnationOf('live-2-5')).toBe(5);
    expect(metadata?.ownerReferences).toEqual([
      {
        apiVersion: 'streamcluster.dev/v1alpha1',
        kind: 'StreamCluster',
        name: 'live',
        uid: 'uid-1',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(metadata?.finalizers).toBeUndefined();
  });

  it('is Guaranteed in whole CPUs when it is pinned', () => {
    const pinned = podOf({ fixed: {}, worker: { cpus: 2 } }).spec?.containers[0];
    expect(pinned?.resources?.limits).toEqual({ cpu: '2', memory: '1Gi' });
    expect(pinned?.resources?.requests).toEqual(pinned?.resources?.limits);
    expect(pinned?.command).toEqual(['node', '--max-semi-space-size=8', 'worker/src/main.ts']);
  });

  it('has no limit of CPU when it is not', () => {
    const shared = podOf({ fixed: {}, worker: { cpus: '250m', pinning: 'None' } }).spec;
    expect(shared?.containers[0]?.resources).toEqual({
      requests: { cpu: '250m', memory: '1Gi' },
      limits: { memory: '1Gi' },
    });
    expect(shared?.containers[0]?.command).toContain('--single-threaded-gc');
  });

  it('can be drained by kubectl and is not told of other Services', () => {
    const { spec } = podOf({ fixed: {}, drain: { deadlineSeconds: 42 } });
    expect(spec?.volumes?.some((volume) => 'emptyDir' in volume)).toBe(false);
    expect(spec?.enableServiceLinks).toBe(false);
    expect(spec?.automountServiceAccountToken).toBe(false);
    expect(spec?.restartPolicy).toBe('OnFailure');
    expect(spec?.terminationGracePeriodSeconds).toBeGreaterThan(42);
  });

  it('is killed soon when it hangs, whatever its drain may take', () => {
    const [worker] = podOf({ fixed: {}, drain: { deadlineSeconds: 600 } }).spec?.containers ?? [];
    for (const probe of [worker?.startupProbe, worker?.livenessProbe]) {
      expect(probe?.terminationGracePeriodSeconds).toBe(10);
    }
    // The API server refuses it there.
    expect(worker?.readinessProbe?.terminationGracePeriodSeconds).toBeUndefined();
  });

  it('fits the restricted pod security standard', () => {
    const { spec } = podOf();
    expect(spec?.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('avoids nodes, and keeps what users set', () => {
    const { spec, metadata } = podOf(
      { fixed: {}, worker: { labels: { team: 'tv' }, nodeSelector: { disk: 'ssd' } } },
      { avoidNodes: ['node-b', 'node-a'] },
    );
    const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    expect(required?.nodeSelectorTerms[0]?.matchFields).toEqual([
      { key: 'metadata.name', operator: 'NotIn', values: ['node-a'] },
      { key: 'metadata.name', operator: 'NotIn', values: ['node-b'] },
    ]);
    expect(metadata?.labels?.['team']).toBe('tv');
    expect(spec?.nodeSelector).toEqual({ disk: 'ssd' });
  });

  it('is spread over nodes by the one constraint that all nodes have the key of', () => {
    const { topologySpreadConstraints, affinity } = podOf().spec ?? {};
    expect(topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
    ]);
    const zones = affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    expect(zones?.map(({ podAffinityTerm }) => podAffinityTerm.topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
    ]);
  });

  it('tells the worker where everything is', () => {
    expect(envOf()).toMatchObject({
      SC_NATS: 'nats://ours:4222',
      SC_OPERATOR: 'operator.sys.svc:9092',
      SC_BUCKET: 'sc-uid-1',
      SC_PIN: 'auto',
      SC_ARENA_MIB: '614',
    });
    const own = envOf({ fixed: {}, nats: { url: 'nats://own:1' }, worker: { memory: '64Mi' } });
    expect(own).toMatchObject({ SC_NATS: 'nats://own:1', SC_ARENA_MIB: '64' });
  });
});

describe('keys of access', () => {
  it('are mounted from a Secret that need not be there', () => {
    const pod = podOf().spec;
    const secret = { secretName: 'live-access', optional: true, defaultMode: 0o444 };
    expect(pod?.volumes).toContainEqual({ name: 'access', secret });
    const mountPath = '/etc/streamcluster/access';
    expect(pod?.containers[0]?.volumeMounts).toContainEqual({
      ...{ name: 'access', mountPath, readOnly: true },
    });
    expect(envOf()).toMatchObject({ SC_ACCESS_DIR: mountPath, SC_ACCESS: 'open' });
  });

  it('come from another Secret in other pods', () => {
    const spec = { fixed: {}, access: { secretName: 'keys' } };
    expect(podOf(spec).spec?.volumes?.[1]?.secret?.secretName).toBe('keys');
    expect(revisionOf(testResource(spec).spec)).not.toBe(revisionOf(testResource().spec));
  });

  it('keep a worker closed that starts with rules, in the same pods', () => {
    const spec = { fixed: {}, access: { rules: [{ play: { deny: ['192.0.2.0/24'] } }] } };
    expect(envOf(spec)).toMatchObject({ SC_ACCESS: 'closed' });
    expect(revisionOf(testResource(spec).spec)).toBe(revisionOf(testResource().spec));
  });
});

describe('certificates for users', () => {
  const spec = { fixed: {}, tls: { secretNames: ['b.example', 'a'] } };

  it('are mounted in their order, without other keys of their Secrets', () => {
    const pod = podOf(spec).spec;
    const items = ['tls.crt', 'tls.key'].map((key) => ({ key, path: key }));
    expect(pod?.volumes?.slice(2)).toEqual([
      { name: 'tls-0', secret: { secretName: 'b.example', items, defaultMode: 0o444 } },
      { name: 'tls-1', secret: { secretName: 'a', items, defaultMode: 0o444 } },
    ]);
    expect(pod?.containers[0]?.volumeMounts?.slice(2)).toEqual([
      { name: 'tls-0', mountPath: '/etc/streamcluster/tls/b.example', readOnly: true },
      { name: 'tls-1', mountPath: '/etc/streamcluster/tls/a', readOnly: true },
    ]);
    expect(envOf(spec)).toMatchObject({
      SC_TLS_DIR: '/etc/streamcluster/tls/b.example,/etc/streamcluster/tls/a',
      SC_HTTPS_PORT: '8443',
      SC_RTMPS_PORT: '1936',
    });
  });

  it('open ports in pods, Service and NetworkPolicy', () => {
    const resource = testResource(spec);
    const all = [1935, 8080, 1936, 8443];
    const ports = podOf(spec).spec?.containers[0]?.ports?.map((port) => port.containerPort);
    expect(ports).toEqual([...all, 9090, 9091]);
    expect(usersService(resource).spec?.ports?.map(({ port }) => port)).toEqual(all);
    const [media] = networkPolicy(resource, 'sys').spec?.ingress ?? [];
    expect(media?.ports?.map(({ port }) => port)).toEqual(all);
  });

  it('leave a pod as it was where there are none', () => {
    for (const tls of [undefined, {}, { secretNames: [] }]) {
      expect(podOf({ fixed: {}, tls })).toEqual(podOf());
    }
    expect(Object.keys(envOf()).filter((name) => name.includes('TLS'))).toEqual([]);
  });
});

describe('revisionOf', () => {
  const base = revisionOf(testResource().spec);

  it.each([
    ['defaults that are written out', { fixed: {}, worker: { cpus: 1, memory: '1Gi' } }],
    ['how many there are', { fixed: { replicas: 9 } }],
    ['how workers drain', { fixed: {}, drain: { deadlineSeconds: 1 } }],
    ['no certificates', { fixed: {}, tls: { secretNames: [] } }],
    ['what reaches running workers', { fixed: {}, streams: { maxLagSeconds: 9 } }],
  ])('is the same for %s', (_what, spec) => {
    expect(revisionOf(testResource(spec).spec)).toBe(base);
  });

  it.each([
    ['image', { image: 'x/y:2' }],
    ['memory', { memory: '2Gi' }],
    ['pinning', { pinning: 'None' }],
  ])('is another for another %s', (_what, worker) => {
    expect(revisionOf(testResource({ fixed: {}, worker }).spec)).not.toBe(base);
  });

  it('is another for other certificates, also in another order', () => {
    const all = [['a'], ['b'], ['a', 'b'], ['b', 'a']].map((secretNames) =>
      revisionOf(testResource({ fixed: {}, tls: { secretNames } }).spec),
    );
    expect(new Set([base, ...all]).size).toBe(5);
  });

  it('does not depend on the order of keys', () => {
    const [ab, ba] = [
      { a: '1', b: '2' },
      { b: '2', a: '1' },
    ].map((nodeSelector) => revisionOf(testResource({ fixed: {}, worker: { nodeSelector } }).spec));
    expect(ab).toBe(ba);
  });
});

describe('what is around workers', () => {
  it('has one address for users, to those who accept', () => {
    const { metadata, spec } = usersService(testResource());
    expect(metadata?.name).toBe('live');
    expect(spec?.selector).toMatchObject({ 'streamcluster.dev/accepting': 'true' });
    expect(spec?.ports?.map(({ port }) => port)).toEqual([1935, 8080]);
    expect(spec).not.toHaveProperty('externalTrafficPolicy');
    const service = {
      type: 'LoadBalancer',
      annotations: { a: 'b' },
      externalTrafficPolicy: 'Local',
    };
    expect(usersService(testResource({ fixed: {}, service }))).toMatchObject({
      metadata: { annotations: { a: 'b' } },
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    });
    expect(headlessService(testResource()).spec).toMatchObject({ clusterIP: 'None' });
  });

  it('protects busy workers where the operator sees nodes, else lets one go at a time', () => {
    const seeing = disruptionBudget(testResource(), { seesNodes: true, desired: 3 }).spec;
    expect(seeing?.minAvailable).toBe(2_147_483_647);
    expect(seeing?.selector?.matchLabels).toMatchObject({ 'streamcluster.dev/busy': 'true' });
    const blind = disruptionBudget(testResource(), { seesNodes: false, desired: 3 }).spec;
    expect(blind?.minAvailable).toBe(2);
    expect(blind?.selector?.matchLabels).not.toHaveProperty('streamcluster.dev/busy');
  });

  it('has a budget that ends also where nobody drains a cordoned node', () => {
    const resource = testResource({ fixed: {}, drain: { onCordon: false } });
    const { spec } = disruptionBudget(resource, { seesNodes: true, desired: 3 });
    expect(spec?.minAvailable).toBe(2);
    expect(spec?.selector?.matchLabels).not.toHaveProperty('streamcluster.dev/busy');
  });

  it('lets everybody to media and only those who need it to the rest', () => {
    const rules = networkPolicy(testResource(), 'sys').spec?.ingress ?? [];
    const open = rules.filter(({ from }) => from === undefined).flatMap(({ ports }) => ports ?? []);
    expect(open.map(({ port }) => port)).toEqual([1935, 8080]);
    expect(serviceAccount(testResource()).automountServiceAccountToken).toBe(false);
  });
});

describe('marks', () => {
  it.each([
    { accepting: true, busy: false },
    { accepting: false, busy: true },
  ])('say the same both ways: %o', (marks) => {
    const { labels, annotations } = markMeta(marks);
    expect(marksOf(labels)).toEqual(marks);
    expect(annotations['cluster-autoscaler.kubernetes.io/safe-to-evict']).toBe(String(!marks.busy));
    expect(annotations['karpenter.sh/do-not-disrupt']).toBe(String(marks.busy));
  });

  it('are not read off names that are none of ours', () => {
    expect(incarnationOf(podName(testResource(), 1, 12))).toBe(12);
    expect(incarnationOf('live-workers')).toBeUndefined();
  });
});
