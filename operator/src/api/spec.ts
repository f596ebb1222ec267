import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { withRules, type ChangeRule } from './rule.ts';
import { access } from './spec/access.ts';
import { hotStreams, placement, rebalance } from './spec/balance.ts';
import { drain, update } from './spec/lifecycle.ts';
import { nats } from './spec/nats.ts';
import { autoscaling, fixed } from './spec/scaling.ts';
import { loadBalancerClassStays, service } from './spec/service.ts';
import { streams } from './spec/streams.ts';
import { tls } from './spec/tls.ts';
import { worker } from './spec/worker.ts';

const fields = z.object({
  fixed: fixed.optional(),
  autoscaling: autoscaling.optional(),
  worker,
  service,
  tls,
  placement,
  rebalance,
  hotStreams,
  update,
  drain,
  streams,
  access,
  nats,
});
export type StreamClusterSpec = z.output<typeof fields>;

/** What a StreamCluster that exists may not become. */
export const CHANGE_RULES: readonly ChangeRule<StreamClusterSpec>[] = [
  {
    cel: 'self.nats == oldSelf.nats',
    message:
      'spec.nats cannot be changed: workers would speak on two buses; create another StreamCluster',
    path: ['nats'],
    holds: (next, before) => isDeepStrictEqual(next.nats, before.nats),
  },
  loadBalancerClassStays,
];

export const specSchema = withRules(
  fields,
  'What is wanted.',
  [
    {
      cel: 'has(self.fixed) || has(self.autoscaling)',
      message: 'exactly one of fixed and autoscaling must be given; there is neither',
      path: [],
      holds: ({ fixed, autoscaling }) => fixed !== undefined || autoscaling !== undefined,
    },
    {
      // Who meets this has often only called `kubectl scale`.
      cel: '!has(self.fixed) || !has(self.autoscaling)',
      message:
        'exactly one of fixed and autoscaling must be given; with autoscaling the number of workers follows the streams and cannot be set',
      path: [],
      holds: ({ fixed, autoscaling }) => fixed === undefined || autoscaling === undefined,
    },
  ],
  CHANGE_RULES,
);
