import { z } from 'zod';
import { withRules, type Rule } from '../rule.ts';
import { accessRule } from './access-rule.ts';
import { objectName } from './fields.ts';
import { networks } from './network.ts';

const MAX_RULES = 32;

/** Which header a proxy that is trusted writes: a client may send the other one. */
const FORWARDED_HEADERS = ['XForwardedFor', 'Forwarded'] as const;

const fields = z.object({
  secretName: objectName(
    'Name of the Secret with keys, which need not be there. Without: NAME-access. Another one replaces the pods; its content reaches running workers.',
  ).optional(),
  trustedProxies: networks(
    'access.trustedProxies',
    'Balancers and proxies that are believed when they say whose connection or request they pass on (CIDR): by PROXY protocol or header.',
  ),
  forwardedHeader: z.enum(FORWARDED_HEADERS).default('XForwardedFor').meta({
    description:
      'Header in which trusted proxies of HTTP say so, `X-Forwarded-For` or `Forwarded`. The other one is not looked at.',
  }),
  rules: z.array(accessRule).max(MAX_RULES).optional().meta({
    description: 'The first one whose app fits counts. No rule fits: everybody may.',
    'x-kubernetes-list-type': 'atomic',
  }),
});

const WITHOUT_APPS = 'self.rules.filter(rule, !has(rule.apps))';

const lastWithoutApps: Rule<z.output<typeof fields>> = {
  cel: `!has(self.rules) || ${WITHOUT_APPS}.size() == 0 || (${WITHOUT_APPS}.size() == 1 && !has(self.rules[self.rules.size() - 1].apps))`,
  message: 'access.rules: a rule without apps must be the last one: those behind it never count',
  path: ['rules'],
  holds: ({ rules = [] }) => rules.slice(0, -1).every(({ apps }) => apps !== undefined),
};

export const access = withRules(
  fields,
  'Who may publish and play. Changes reach running workers, and who may not any more is cut (docs/access.md).',
  [lastWithoutApps],
).prefault({});
