import { z } from 'zod';
import { withRules, type ChangeRule } from '../rule.ts';
import { key, textMap } from './fields.ts';
import { redirect } from './redirect.ts';

const OURS = ['streamcluster.dev/'];

const fields = z.object({
  type: z
    .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
    .default('ClusterIP')
    .meta({ description: 'How users reach the workers.' }),
  annotations: textMap({
    field: 'service.annotations',
    description: 'Annotations of the Services, as load balancers want them.',
    values: z.string().max(4096).meta({ description: 'Value of the annotation.' }),
    maxItems: 32,
    reserved: OURS,
  }).optional(),
  externalTrafficPolicy: z.enum(['Cluster', 'Local']).default('Cluster').meta({
    description: 'Whether a node passes connections from outside on to other nodes’ workers.',
  }),
  loadBalancerClass: key('Which load balancer is meant, where there are several.').optional(),
  redirect,
});
type Service = z.output<typeof fields>;

export const service = withRules(fields, 'The Services through which users reach the workers.', [
  {
    cel: "self.type != 'ClusterIP' || self.externalTrafficPolicy == 'Cluster'",
    message: 'service.externalTrafficPolicy Local needs service.type NodePort or LoadBalancer',
    path: ['externalTrafficPolicy'],
    holds: ({ type, externalTrafficPolicy }) =>
      type !== 'ClusterIP' || externalTrafficPolicy === 'Cluster',
  },
  {
    cel: "!has(self.loadBalancerClass) || self.type == 'LoadBalancer'",
    message: 'service.loadBalancerClass needs service.type LoadBalancer',
    path: ['loadBalancerClass'],
    holds: ({ type, loadBalancerClass }) =>
      loadBalancerClass === undefined || type === 'LoadBalancer',
  },
]).prefault({});

const BOTH_BALANCED =
  "self.service.type == 'LoadBalancer' && oldSelf.service.type == 'LoadBalancer'";
const SAME_CLASS =
  'has(self.service.loadBalancerClass) == has(oldSelf.service.loadBalancerClass) && ' +
  '(!has(self.service.loadBalancerClass) || self.service.loadBalancerClass == oldSelf.service.loadBalancerClass)';

/** A Service refuses this itself, when it would be too late to tell the user. */
export const loadBalancerClassStays: ChangeRule<{ readonly service: Service }> = {
  cel: `!(${BOTH_BALANCED}) || (${SAME_CLASS})`,
  message:
    'service.loadBalancerClass cannot be changed while service.type is LoadBalancer: change the type to NodePort first',
  path: ['service', 'loadBalancerClass'],
  holds: (next, before) =>
    next.service.type !== 'LoadBalancer' ||
    before.service.type !== 'LoadBalancer' ||
    next.service.loadBalancerClass === before.service.loadBalancerClass,
};
