/** Changes judged alike by zod (change.test.ts) and by a real API server (e2e/k8s/crd.test.ts). */
import type { Change } from './fixture.ts';

const fixed = {};
const autoscaling = { maxReplicas: 4, streamsPerWorker: 10 };

function allowed(name: string, before: object, after: object): Change {
  return { name, before: { fixed, ...before }, after: { fixed, ...after } };
}

function forbidden(
  name: string,
  before: object,
  after: object,
  refused: readonly [field: string, because: string],
): Change {
  const [field, because] = refused;
  return { ...allowed(name, before, after), refused: { field, because, isRule: true } };
}

function natsChange(name: string, before: object, after: object): Change {
  const because =
    'spec.nats cannot be changed: workers would speak on two buses; create another StreamCluster';
  return forbidden(name, { nats: before }, { nats: after }, ['spec.nats', because]);
}

function balanced(loadBalancerClass?: string): object {
  const service = { type: 'LoadBalancer' };
  return { service: loadBalancerClass === undefined ? service : { ...service, loadBalancerClass } };
}

function classChange(name: string, before: object, after: object): Change {
  return forbidden(name, before, after, [
    'spec.service.loadBalancerClass',
    'service.loadBalancerClass cannot be changed while service.type is LoadBalancer',
  ]);
}

export const CHANGES: readonly Change[] = [
  { name: 'another number', before: { fixed }, after: { fixed: { replicas: 5 } } },
  { name: 'the other mode', before: { fixed }, after: { autoscaling } },
  { name: 'the other mode back', before: { autoscaling }, after: { fixed } },
  allowed('another worker', { worker: { cpus: 1 } }, { worker: { cpus: '2' } }),
  allowed('the same bus', { nats: { url: 'nats://a:4222' } }, { nats: { url: 'nats://a:4222' } }),
  allowed('no bus, said otherwise', {}, { nats: {} }),
  allowed('no bus, said with null', { nats: { url: null } }, { nats: null }),
  natsChange('another bus', { url: 'nats://a:4222' }, { url: 'nats://b:4222' }),
  natsChange('a bus', {}, { url: 'nats://a:4222' }),
  natsChange('no bus', { url: 'nats://a:4222' }, {}),
  natsChange('credentials', {}, { credentialsSecretName: 'a' }),
  classChange('another class', balanced('a.example/b'), balanced('a.example/c')),
  classChange('a class', balanced(), balanced('a.example/c')),
  classChange('no class', balanced('a.example/b'), balanced()),
  allowed('the same class', balanced('a.example/b'), balanced('a.example/b')),
  allowed('a load balancer', {}, balanced('a.example/b')),
  allowed('no load balancer', balanced('a.example/b'), { service: { type: 'NodePort' } }),
];
