import { isIP } from 'node:net';
import { z } from 'zod';
import { withRules } from '../rule.ts';

const MAX_NETWORKS = 64;
/** The longest address of IPv6 and its prefix. */
const MAX_CHARACTERS = 43;

/** A list of CIDR blocks. An IPv4 address in the notation of IPv6 is refused, as an API
 * server does. */
export function networks(
  field: string,
  description: string,
): z.ZodOptional<z.ZodArray<z.ZodString>> {
  const block = z
    .string()
    .max(MAX_CHARACTERS)
    .meta({ description: 'Such as `192.0.2.0/24` or `2001:db8::/32`.' });
  const rule = {
    cel: 'self.all(one, isCIDR(one))',
    message: `${field} must be CIDR blocks, such as 192.0.2.0/24 or 2001:db8::1/128`,
    path: [],
    holds: (blocks: readonly string[]) => blocks.every(isNetwork),
  };
  return withRules(z.array(block).max(MAX_NETWORKS), description, [rule])
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional();
}

function isNetwork(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefix)) return false;
  if (family === 6 && (address.includes('%') || isMapped(address))) return false;
  return Number(prefix) <= (family === 4 ? 32 : 128);
}

function isMapped(address: string): boolean {
  return /^\[::ffff:/.test(new URL(`http://[${address}]`).hostname);
}
