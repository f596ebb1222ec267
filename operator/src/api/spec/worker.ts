import { z } from 'zod';
import { isWholeCpus, memoryBytes, milliCpus, type Cpus } from '../quantity.ts';
import { withRules } from '../rule.ts';
import { INT_OR_STRING } from '../structural.ts';
import { count, labelValue, objectName, textMap } from './fields.ts';
import { tolerations } from './toleration.ts';

const MAX_CPUS = 64;
const MIN_MEMORY = '64Mi';
const CPU_QUANTITY = /^[1-9][0-9]*m?$/;
const MEMORY_QUANTITY = /^[1-9][0-9]*(Ki|Mi|Gi|k|M|G)?$/;
const MAX_QUANTITY_CHARACTERS = 16;
const MAX_ENTRIES = 32;

/** docs/kubernetes.md, Names: what the operator says by labels and annotations. */
const OUR_LABELS = ['streamcluster.dev/', 'app.kubernetes.io/name', 'app.kubernetes.io/managed-by'];
const OUR_ANNOTATIONS = [
  'streamcluster.dev/',
  'cluster-autoscaler.kubernetes.io/safe-to-evict',
  'karpenter.sh/do-not-disrupt',
];

const cpus = z
  .union(
    [count(1, MAX_CPUS), z.string().regex(CPU_QUANTITY).max(MAX_QUANTITY_CHARACTERS)],
    'expected a whole number, or a quantity such as 250m',
  )
  .default(1)
  .meta({
    description:
      'CPUs of a worker: a whole number, or without pinning a quantity such as `250m`. The loop uses one, helpers the others.',
    [INT_OR_STRING]: true,
  });

const fields = z.object({
  image: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'Image of the workers. Without: the one of the operator’s release.' }),
  imagePullPolicy: z
    .enum(['IfNotPresent', 'Always', 'Never'])
    .default('IfNotPresent')
    .meta({ description: 'When nodes pull the image.' }),
  imagePullSecrets: z.array(objectName('Name of a Secret.')).max(10).optional().meta({
    description: 'Names of Secrets with the registry’s credentials.',
    'x-kubernetes-list-type': 'atomic',
  }),
  cpus,
  memory: z.string().regex(MEMORY_QUANTITY).max(MAX_QUANTITY_CHARACTERS).default('1Gi').meta({
    description: 'Memory of a worker, at least 64Mi.',
  }),
  pinning: z
    .enum(['Exclusive', 'None'])
    .default('Exclusive')
    .meta({ description: 'Whether a worker gets CPUs of its own.' }),
  numa: z
    .enum(['Require', 'Prefer', 'Ignore'])
    .default('Require')
    .meta({ description: 'Whether its CPUs and memory must be of one NUMA node.' }),
  nodeSelector: textMap({
    field: 'worker.nodeSelector',
    description: 'Labels of the nodes that may run workers.',
    values: labelValue('Value of the label.'),
    maxItems: MAX_ENTRIES,
    reserved: [],
  }).optional(),
  tolerations: tolerations.optional(),
  priorityClassName: objectName('PriorityClass of the pods.').optional(),
  labels: textMap({
    field: 'worker.labels',
    description: 'Further labels of the pods.',
    values: labelValue('Value of the label.'),
    maxItems: MAX_ENTRIES,
    reserved: OUR_LABELS,
  }).optional(),
  annotations: textMap({
    field: 'worker.annotations',
    description: 'Further annotations of the pods.',
    values: z.string().max(4096).meta({ description: 'Value of the annotation.' }),
    maxItems: MAX_ENTRIES,
    reserved: OUR_ANNOTATIONS,
  }).optional(),
});

function isWithin(cpus: Cpus): boolean {
  return milliCpus(cpus) <= MAX_CPUS * 1000;
}

export const worker = withRules(
  fields,
  'One worker. On Kubernetes a change replaces the pods, a share at a time (`update`).',
  [
    {
      cel: "self.pinning != 'Exclusive' || type(self.cpus) == int || string(self.cpus).matches('^[0-9]+(000m)?$')",
      message: 'worker.cpus must be a whole number when worker.pinning is Exclusive',
      path: ['cpus'],
      holds: ({ pinning, cpus }) => pinning !== 'Exclusive' || isWholeCpus(cpus),
    },
    {
      cel: `!isQuantity(string(self.cpus)) || quantity(string(self.cpus)).compareTo(quantity('${MAX_CPUS}')) <= 0`,
      message: `worker.cpus must be at most ${MAX_CPUS}`,
      path: ['cpus'],
      holds: ({ cpus }) => isWithin(cpus),
    },
    {
      cel: `!isQuantity(self.memory) || quantity(self.memory).compareTo(quantity('${MIN_MEMORY}')) >= 0`,
      message: `worker.memory must be at least ${MIN_MEMORY}; without a unit it counts bytes`,
      path: ['memory'],
      holds: ({ memory }) => memoryBytes(memory) >= memoryBytes(MIN_MEMORY),
    },
  ],
).prefault({});
