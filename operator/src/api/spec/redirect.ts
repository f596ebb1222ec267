import { z } from 'zod';
import { withRules } from '../rule.ts';
import { count } from './fields.ts';

const REDIRECT_MODES = ['Disabled', 'HostPorts', 'PodAddresses'] as const;
/** What a host may name of a worker. */
const HOST_PLACEHOLDERS = ['node', 'nodeIP', 'podIP', 'pod', 'slot'] as const;

const HOST = new RegExp(`^([A-Za-z0-9.:-]|\\[|\\]|[{](${HOST_PLACEHOLDERS.join('|')})[}])+$`);
const MAX_HOST_CHARACTERS = 253;
/** Below those that the kernel draws for clients, and below NodePorts. */
const FIRST_PORT = 20_000;
/** Two for each of a thousand workers. */
const LAST_FIRST_PORT = 63_536;

const fields = z.object({
  mode: z.enum(REDIRECT_MODES).default('Disabled').meta({
    description:
      '`HostPorts`: at ports of the node, two for each worker. `PodAddresses`: at the pods’ own addresses, where viewers reach them. A change replaces the pods.',
  }),
  host: z.string().regex(HOST).max(MAX_HOST_CHARACTERS).optional().meta({
    description:
      'Name or address of a worker for viewers; `{node}`, `{nodeIP}`, `{podIP}`, `{pod}` and `{slot}` stand for its own. Without: `{nodeIP}`, or `{podIP}` with `PodAddresses`.',
  }),
  firstPort: count(1_024, LAST_FIRST_PORT).default(FIRST_PORT).meta({
    description:
      'With `HostPorts`: port of HTTP of the worker in slot 0, HTTPS at the next one; those of slot 1 follow, and so on.',
  }),
});

export const redirect = withRules(
  fields,
  'Viewers over HTTP are sent to the workers that serve their stream.',
  [
    {
      cel: "!has(self.host) || self.mode != 'Disabled'",
      message: 'service.redirect.host needs service.redirect.mode HostPorts or PodAddresses',
      path: ['host'],
      holds: ({ host, mode }) => host === undefined || mode !== 'Disabled',
    },
  ],
).prefault({});
