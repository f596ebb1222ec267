import { accepted, breaks, refused, type Fixture } from './fixture.ts';

function worker(options: object): object {
  return { fixed: {}, worker: options };
}

function toleration(options: object | null): object {
  return worker({ tolerations: [{ key: 'a', operator: 'Exists' }, options] });
}

function entries(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, '']));
}

const WHOLE = 'worker.cpus must be a whole number when worker.pinning is Exclusive';

const RESOURCES: readonly Fixture[] = [
  accepted('CPUs as a number', worker({ cpus: 64 })),
  accepted('CPUs as a word', worker({ cpus: '2' })),
  accepted('thousandths that are whole', worker({ cpus: '2000m' })),
  accepted('a part of a CPU without pinning', worker({ cpus: '250m', pinning: 'None' })),
  accepted('more than a CPU without pinning', worker({ cpus: '1500m', pinning: 'None' })),
  accepted('the most CPUs', worker({ cpus: '64000m', pinning: 'None' })),
  breaks('a part of a CPU alone', worker({ cpus: '250m' }), 'spec.worker.cpus', WHOLE),
  breaks('CPUs and a part alone', worker({ cpus: '1500m' }), 'spec.worker.cpus', WHOLE),
  breaks(
    'too many CPUs as a word',
    worker({ cpus: '65' }),
    'spec.worker.cpus',
    'worker.cpus must be at most 64',
  ),
  breaks(
    'a thousandth too many',
    worker({ cpus: '64001m', pinning: 'None' }),
    'spec.worker.cpus',
    'worker.cpus must be at most 64',
  ),
  refused('no CPU', worker({ cpus: 0 }), 'spec.worker.cpus', '>=1'),
  refused('no CPU as a word', worker({ cpus: '0' }), 'spec.worker.cpus', 'pattern'),
  refused('less than no CPU', worker({ cpus: -1 }), 'spec.worker.cpus', '>=1'),
  refused('too many CPUs', worker({ cpus: 65 }), 'spec.worker.cpus', '<=64'),
  refused('half a CPU as a number', worker({ cpus: 0.5 }), 'spec.worker.cpus', 'such as 250m'),
  refused('half a CPU as a word', worker({ cpus: '0.5' }), 'spec.worker.cpus', 'pattern'),
  refused('CPUs in words', worker({ cpus: 'two' }), 'spec.worker.cpus', 'pattern'),
  refused('CPUs as a boolean', worker({ cpus: true }), 'spec.worker.cpus', 'such as 250m'),
  refused('a long number of CPUs', worker({ cpus: '1'.repeat(17) }), 'spec.worker.cpus', '<=16'),
  accepted('memory in bytes', worker({ memory: '67108864' })),
  accepted('memory in powers of ten', worker({ memory: '1G' })),
  refused('no quantity', worker({ memory: '1 GB' }), 'spec.worker.memory', 'pattern'),
  refused('memory as a number', worker({ memory: 1_073_741_824 }), 'spec.worker.memory', 'string'),
  breaks(
    'a forgotten unit',
    worker({ memory: '512' }),
    'spec.worker.memory',
    'worker.memory must be at least 64Mi',
  ),
  breaks(
    'a byte too few',
    worker({ memory: '67108863' }),
    'spec.worker.memory',
    'worker.memory must be at least 64Mi',
  ),
];

const PODS: readonly Fixture[] = [
  accepted(
    'every option of pods',
    worker({
      imagePullPolicy: 'Always',
      imagePullSecrets: ['registry', 'registry.eu'],
      nodeSelector: { 'node.kubernetes.io/instance-type': 'c7', disk: '' },
      tolerations: [
        { key: 'media', value: 'only', effect: 'NoSchedule' },
        { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      ],
      priorityClassName: 'live',
      labels: { team: 'Video_1' },
      annotations: { 'example.com/note': 'anything: {"at": "all"}' },
    }),
  ),
  accepted('nothing of everything', worker({ tolerations: [], labels: {}, nodeSelector: {} })),
  accepted('null in a map', worker({ labels: { team: null } })),
  accepted('as many labels as may be', worker({ labels: entries(32) })),
  refused('a label too many', worker({ labels: entries(33) }), 'spec.worker.labels', 'at most 32'),
  refused(
    'a value with a space',
    worker({ labels: { team: 'a b' } }),
    'spec.worker.labels.team',
    'pattern',
  ),
  refused(
    'a value of 64 characters',
    worker({ nodeSelector: { team: 'a'.repeat(64) } }),
    'spec.worker.nodeSelector.team',
    '<=63',
  ),
  refused(
    'a boolean as a value',
    worker({ nodeSelector: { ssd: true } }),
    'spec.worker.nodeSelector.ssd',
    'expected string',
  ),
  ...['a b', 'a/b/c', '/b', 'a/', '-a', 'a..b/c', 'A.example/b', 'a'.repeat(64), ''].map((key) =>
    breaks(
      `the key '${key}'`,
      worker({ nodeSelector: { [key]: '' } }),
      'spec.worker.nodeSelector',
      'worker.nodeSelector must have keys of the form NAME or DNS.PREFIX/NAME',
    ),
  ),
  breaks(
    'a label of ours',
    worker({ labels: { 'streamcluster.dev/cluster': 'x' } }),
    'spec.worker.labels',
    'worker.labels must not have keys that the operator sets',
  ),
  breaks(
    'an annotation of ours',
    worker({ annotations: { 'karpenter.sh/do-not-disrupt': 'true' } }),
    'spec.worker.annotations',
    'worker.annotations must not have keys that the operator sets',
  ),
  accepted('a node by a label of ours', worker({ nodeSelector: { 'streamcluster.dev/a': 'b' } })),
  refused(
    'a number for the name of a Secret',
    worker({ imagePullSecrets: [5] }),
    'spec.worker.imagePullSecrets[0]',
    'expected string',
  ),
  refused(
    'null in a list',
    worker({ imagePullSecrets: ['a', null] }),
    'spec.worker.imagePullSecrets[1]',
    'expected string',
  ),
  refused(
    'another policy of pulling',
    worker({ imagePullPolicy: 'Sometimes' }),
    'spec.worker.imagePullPolicy',
    'IfNotPresent',
  ),
];

const TOLERATIONS: readonly Fixture[] = [
  accepted('every taint', toleration({ operator: 'Exists' })),
  accepted('an empty value', toleration({ key: 'a', operator: 'Exists', value: '' })),
  breaks(
    'a toleration of nothing',
    toleration({}),
    'spec.worker.tolerations[1].operator',
    'a toleration without key must have operator Exists',
  ),
  breaks(
    'a value that does not matter',
    toleration({ key: 'a', operator: 'Exists', value: 'b' }),
    'spec.worker.tolerations[1].value',
    'a toleration with operator Exists must not have a value',
  ),
  breaks(
    'seconds without an eviction',
    toleration({ key: 'a', tolerationSeconds: 3 }),
    'spec.worker.tolerations[1].effect',
    'a toleration with tolerationSeconds must have effect NoExecute',
  ),
  refused(
    'an unknown field in a list',
    toleration({ key: 'a', kye: 'b' }),
    'spec.worker.tolerations[1].kye',
    'unknown field',
  ),
  refused('a broken key', toleration({ key: 'a b' }), 'spec.worker.tolerations[1].key', 'pattern'),
  refused('null for an object', toleration(null), 'spec.worker.tolerations[1]', 'expected object'),
  refused(
    'too many tolerations',
    worker({ tolerations: Array.from({ length: 17 }, () => ({ operator: 'Exists' })) }),
    'spec.worker.tolerations',
    '<=16',
  ),
];

export const WORKERS: readonly Fixture[] = [...RESOURCES, ...PODS, ...TOLERATIONS];
