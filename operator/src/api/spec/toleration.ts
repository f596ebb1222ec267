import { z } from 'zod';
import { withRules } from '../rule.ts';
import { count, key, labelValue } from './fields.ts';

const MAX_TOLERATIONS = 16;
const SECONDS_OF_A_YEAR = 31_536_000;

/** As pods have them; broken ones would be refused only when a pod is made. */
const toleration = withRules(
  z.object({
    key: key('Key of the taint. Without, and with operator `Exists`: every taint.').optional(),
    operator: z
      .enum(['Equal', 'Exists'])
      .default('Equal')
      .meta({ description: 'Whether the value of the taint matters.' }),
    value: labelValue('Value of the taint.').optional(),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .meta({ description: 'Effect of the taint. Without: all of them.' }),
    tolerationSeconds: count(0, SECONDS_OF_A_YEAR)
      .optional()
      .meta({ description: 'How long a `NoExecute` taint is tolerated. Without: for ever.' }),
  }),
  'A taint that is tolerated.',
  [
    {
      cel: "has(self.key) || self.operator == 'Exists'",
      message: 'a toleration without key must have operator Exists',
      path: ['operator'],
      holds: ({ key, operator }) => key !== undefined || operator === 'Exists',
    },
    {
      cel: "!has(self.value) || self.value == '' || self.operator == 'Equal'",
      message: 'a toleration with operator Exists must not have a value',
      path: ['value'],
      holds: ({ value = '', operator }) => value === '' || operator === 'Equal',
    },
    {
      cel: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message: 'a toleration with tolerationSeconds must have effect NoExecute',
      path: ['effect'],
      holds: ({ tolerationSeconds, effect }) =>
        tolerationSeconds === undefined || effect === 'NoExecute',
    },
  ],
);

export const tolerations = z.array(toleration).max(MAX_TOLERATIONS).meta({
  description: 'Taints of nodes that workers tolerate.',
  'x-kubernetes-list-type': 'atomic',
});
