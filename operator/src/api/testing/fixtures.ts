/** Resources judged alike by zod (parse.test.ts) and by a real API server (e2e/k8s/crd.test.ts). */
import { accepted, breaks, refused, type Fixture } from './fixture.ts';
import { ACCESS } from './access.ts';
import { NAMES } from './names.ts';
import { WORKERS } from './workers.ts';

const autoscaling = { maxReplicas: 4, streamsPerWorker: 10 };
const fixed = {};

const MODES: readonly Fixture[] = [
  accepted('fixed', { fixed: { replicas: 3 } }),
  accepted('fixed without a number', { fixed }),
  accepted('none at all', { fixed: { replicas: 0 } }),
  accepted('autoscaling', { autoscaling }),
  accepted('null for the other mode', { fixed: null, autoscaling }),
  accepted('null for a default', { fixed: { replicas: null } }),
  accepted('null for a group', { fixed, worker: null, streams: { hls: null } }),
  breaks('neither mode', {}, 'spec', 'exactly one of fixed and autoscaling must be given'),
  breaks('null for the only mode', { fixed: null }, 'spec', 'exactly one of fixed and autoscaling'),
  breaks('both modes', { fixed, autoscaling }, 'spec', 'exactly one of fixed and autoscaling'),
  breaks(
    'min above max',
    { autoscaling: { ...autoscaling, minReplicas: 5 } },
    'spec.autoscaling.minReplicas',
    'autoscaling.minReplicas must not be greater',
  ),
  refused(
    'no maximum',
    { autoscaling: { streamsPerWorker: 1 } },
    'spec.autoscaling.maxReplicas',
    'expected number',
  ),
  refused(
    'null for what is required',
    { autoscaling: { ...autoscaling, streamsPerWorker: null } },
    'spec.autoscaling.streamsPerWorker',
    'expected number',
  ),
  refused('no spec', undefined, 'spec', 'expected object'),
  refused('null for the spec', null, 'spec', 'expected object'),
  refused('a list for the spec', [], 'spec', 'expected object'),
];

const TYPES: readonly Fixture[] = [
  refused('too few', { fixed: { replicas: -1 } }, 'spec.fixed.replicas', '>=0'),
  refused('too many', { fixed: { replicas: 1001 } }, 'spec.fixed.replicas', '<=1000'),
  refused('half a worker', { fixed: { replicas: 1.5 } }, 'spec.fixed.replicas', 'expected int'),
  refused('a word', { fixed: { replicas: 'three' } }, 'spec.fixed.replicas', 'expected number'),
  refused('a digit', { fixed: { replicas: '3' } }, 'spec.fixed.replicas', 'expected number'),
  refused('a list', { fixed: [] }, 'spec.fixed', 'expected object'),
  refused('a boolean', { fixed: true }, 'spec.fixed', 'expected object'),
  refused(
    'a word for a boolean',
    { fixed, drain: { onCordon: 'yes' } },
    'spec.drain.onCordon',
    'expected boolean',
  ),
  refused(
    'another policy',
    { fixed, placement: { policy: 'LeastLoaded' } },
    'spec.placement.policy',
    'Random',
  ),
  refused(
    'an enum in lower case',
    { fixed, rebalance: { mode: 'disabled' } },
    'spec.rebalance.mode',
    'Disabled',
  ),
  refused('an unknown field', { fixed, wroker: {} }, 'spec.wroker', 'unknown field'),
  refused('an unknown null', { fixed, wroker: null }, 'spec.wroker', 'unknown field'),
  refused(
    'a deep unknown field',
    { fixed, streams: { hls: { constructor: 1 } } },
    'spec.streams.hls.constructor',
    'unknown field',
  ),
];

const GROUPS: readonly Fixture[] = [
  accepted('everything', {
    autoscaling: { ...autoscaling, minReplicas: 4, bufferStreams: 1 },
    worker: { image: 'x/y:1', cpus: 2, memory: '512Mi', pinning: 'None', numa: 'Prefer' },
    service: {
      type: 'LoadBalancer',
      annotations: { 'example.com/scheme': 'internet-facing' },
      externalTrafficPolicy: 'Local',
      loadBalancerClass: 'example.com/nlb',
      redirect: { mode: 'HostPorts', host: '{node}.media.example.com', firstPort: 9000 },
    },
    tls: { secretNames: ['media.example.com', 'b'] },
    placement: { policy: 'TwoChoices' },
    rebalance: { mode: 'DryRun', maxImbalance: 1.5, maxMovesPercent: 5 },
    hotStreams: { splitAtMeanLoad: 0.75, maxReplicas: 3 },
    update: { maxSurgePercent: 100 },
    drain: { deadlineSeconds: 0, publisherGraceSeconds: 0, lingerSeconds: 60, onCordon: false },
    streams: { publisherGraceSeconds: 0, maxLagSeconds: 1, hls: { segments: 3 } },
    nats: { url: 'nats://nats:4222', credentialsSecretName: 'live-nats' },
  }),
  accepted('a whole number where parts are allowed', { fixed, rebalance: { maxImbalance: 2 } }),
  accepted('a deadline below the default grace', { fixed, drain: { deadlineSeconds: 30 } }),
  refused('no NATS URL', { fixed, nats: { url: 'http://x' } }, 'spec.nats.url', 'pattern'),
  refused(
    'no name of a Secret',
    { fixed, nats: { credentialsSecretName: 'Live_NATS' } },
    'spec.nats.credentialsSecretName',
    'pattern',
  ),
  accepted('no certificates', { fixed, tls: { secretNames: [] } }),
  refused(
    'no name of a certificate',
    { fixed, tls: { secretNames: ['Media'] } },
    'spec.tls.secretNames[0]',
    'pattern',
  ),
  refused(
    'too many certificates',
    { fixed, tls: { secretNames: Array.from({ length: 9 }, (_, i) => `a-${i}`) } },
    'spec.tls.secretNames',
    '8',
  ),
  breaks(
    'a certificate twice',
    { fixed, tls: { secretNames: ['a', 'b', 'a'] } },
    'spec.tls.secretNames',
    'tls.secretNames must not name a Secret twice',
  ),
  refused(
    'no surge',
    { fixed, update: { maxSurgePercent: 0 } },
    'spec.update.maxSurgePercent',
    '>=1',
  ),
  refused(
    'too long open',
    { fixed, drain: { lingerSeconds: 61 } },
    'spec.drain.lingerSeconds',
    '60',
  ),
  refused(
    'another type of Service',
    { fixed, service: { type: 'ExternalName' } },
    'spec.service.type',
    'ClusterIP',
  ),
  breaks(
    'a policy without a door to the outside',
    { fixed, service: { externalTrafficPolicy: 'Local' } },
    'spec.service.externalTrafficPolicy',
    'service.externalTrafficPolicy Local needs service.type NodePort or LoadBalancer',
  ),
  breaks(
    'a class without a load balancer',
    { fixed, service: { type: 'NodePort', loadBalancerClass: 'example.com/nlb' } },
    'spec.service.loadBalancerClass',
    'service.loadBalancerClass needs service.type LoadBalancer',
  ),
  accepted('redirects to pods', { fixed, service: { redirect: { mode: 'PodAddresses' } } }),
  accepted('redirects to an address of IPv6', {
    fixed,
    service: { redirect: { mode: 'HostPorts', host: '[{nodeIP}]' } },
  }),
  accepted('another first port, for later', { fixed, service: { redirect: { firstPort: 1024 } } }),
  refused(
    'another mode of redirects',
    { fixed, service: { redirect: { mode: 'NodePorts' } } },
    'spec.service.redirect.mode',
    'HostPorts',
  ),
  refused(
    'a host with another placeholder',
    { fixed, service: { redirect: { mode: 'HostPorts', host: '{zone}.example.com' } } },
    'spec.service.redirect.host',
    'pattern',
  ),
  refused(
    'a host with a path',
    { fixed, service: { redirect: { mode: 'HostPorts', host: 'a.example.com/x' } } },
    'spec.service.redirect.host',
    'pattern',
  ),
  refused(
    'ports that end too high',
    { fixed, service: { redirect: { mode: 'HostPorts', firstPort: 63537 } } },
    'spec.service.redirect.firstPort',
    '63536',
  ),
  breaks(
    'a host that nobody is sent to',
    { fixed, service: { redirect: { host: 'a.example.com' } } },
    'spec.service.redirect.host',
    'service.redirect.host needs service.redirect.mode HostPorts or PodAddresses',
  ),
  breaks(
    'an annotation of ours on Services',
    { fixed, service: { annotations: { 'streamcluster.dev/x': '' } } },
    'spec.service.annotations',
    'service.annotations must not have keys that the operator sets',
  ),
];

export const FIXTURES: readonly Fixture[] = [
  ...MODES,
  ...TYPES,
  ...GROUPS,
  ...WORKERS,
  ...ACCESS,
  ...NAMES,
];
