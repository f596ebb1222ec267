import { describe, expect, it } from 'vitest';
import { workerCommand, type WorkerSettings } from '../local/worker-command.ts';
import { networkPolicy } from './network-policy.ts';
import { revisionOf } from './revision.ts';
import { testResource } from './testing/resource.ts';
import { workerPod } from './worker-pod.ts';

const TLS = { tls: { secretNames: ['a'] } };

type Container = NonNullable<ReturnType<typeof workerPod>['spec']>['containers'][number];

function worker(redirect: object, more: object = {}): Container {
  const pod = workerPod({
    resource: testResource({ fixed: {}, service: { redirect }, ...more }),
    ...{ slot: 2, incarnation: 5, defaultImage: 'x', avoidNodes: [] },
    surroundings: { natsUrl: 'nats://ours:4222', operatorAddress: 'operator.sys.svc:9092' },
  });
  const [container] = pod.spec?.containers ?? [];
  if (container === undefined) throw new Error('no container');
  return container;
}

function env(container: Container): Record<string, string | undefined> {
  return Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
}

describe('redirect mode of pods', () => {
  it('gives each slot two ports of the node, and says so to the worker', () => {
    const container = worker({ mode: 'HostPorts' }, TLS);
    const ports = Object.fromEntries(
      (container.ports ?? []).map(({ name = '', hostPort }) => [name, hostPort]),
    );
    expect(ports).toMatchObject({ http: 20_004, https: 20_005, rtmp: undefined, grpc: undefined });
    expect(env(container)).toMatchObject({
      SC_PUBLIC_HTTP: '$(SC_NODE_IP):20004',
      SC_PUBLIC_HTTPS: '$(SC_NODE_IP):20005',
    });
    // A variable is put in only where it was named before.
    const names = (container.env ?? []).map(({ name }) => name);
    for (const name of ['SC_NODE', 'SC_NODE_IP', 'SC_ADVERTISE', 'SC_ID']) {
      expect(names.indexOf(name)).toBeGreaterThanOrEqual(0);
      expect(names.indexOf(name)).toBeLessThan(names.indexOf('SC_PUBLIC_HTTP'));
    }
  });

  it('takes names for hosts', () => {
    const host = '{pod}.{node}.{slot}.media.example.com';
    const container = worker({ mode: 'HostPorts', host, firstPort: 9_000 });
    expect(env(container)['SC_PUBLIC_HTTP']).toBe('$(SC_ID).$(SC_NODE).2.media.example.com:9004');
    expect(env(container)['SC_PUBLIC_HTTPS']).toBeUndefined();
  });

  it('takes the pods’ addresses where viewers reach them', () => {
    const container = worker({ mode: 'PodAddresses' }, TLS);
    expect(container.ports?.some(({ hostPort }) => hostPort !== undefined)).toBe(false);
    expect(env(container)).toMatchObject({
      SC_PUBLIC_HTTP: '$(SC_ADVERTISE):8080',
      SC_PUBLIC_HTTPS: '$(SC_ADVERTISE):8443',
    });
  });

  it('replaces pods when it changes, and only then', () => {
    const revision = (redirect: object): string =>
      revisionOf(testResource({ fixed: {}, service: { redirect } }).spec);
    const plain = revisionOf(testResource({ fixed: {} }).spec);
    expect(revision({ firstPort: 9_000 })).toBe(plain);
    expect(revision({ mode: 'HostPorts' })).not.toBe(plain);
    expect(revision({ mode: 'HostPorts', firstPort: 9_000 })).not.toBe(
      revision({ mode: 'HostPorts' }),
    );
  });

  it('replaces nobody for a default that a newer schema brings', () => {
    const { spec } = testResource({ fixed: {}, service: { redirect: { mode: 'HostPorts' } } });
    const older = { mode: 'HostPorts' } as typeof spec.service.redirect;
    const before = revisionOf({ ...spec, service: { ...spec.service, redirect: older } });
    expect(revisionOf(spec)).toBe(before);
  });

  it('needs no other policy: that speaks of the pods’ own ports', () => {
    const policy = (redirect: object): object =>
      networkPolicy(testResource({ fixed: {}, service: { redirect } }), 'sys');
    expect(policy({ mode: 'HostPorts' })).toEqual(policy({}));
  });
});

describe('redirect mode of processes', () => {
  const settings: WorkerSettings = {
    ...{ node: 'node', root: '/', natsUrl: 'nats://x:1', bucket: 'b', operator: 'o:1' },
    ...{ listen: ['::1', '127.0.0.1'], rtmpPort: 1, httpPort: 2, rtmpsPort: 3, httpsPort: 4 },
    tlsDir: '/tls',
    accessDir: '/access',
  };

  function flag(redirect: object, name: string): string | undefined {
    const resource = testResource({ fixed: {}, service: { redirect } });
    const { args } = workerCommand(settings, resource, { name: 'w-1', slot: 1, cpus: [] });
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  }

  it('lets workers draw ports of their own', () => {
    expect(flag({}, 'public-http')).toBeUndefined();
    expect(flag({ mode: 'HostPorts' }, 'public-http')).toBe('[::1]:0');
    expect(flag({ mode: 'PodAddresses', host: '{node}' }, 'public-https')).toBe('localhost:0');
  });
});
