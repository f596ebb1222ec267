import { isIP, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/** One notation for each address: IPv6 as RFC 5952 has it, and IPv4 also where it came
 * as IPv6 (RFC 4291 section 2.5.5.2). Undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family === 0) return undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const last = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return isIP(last) === 4 ? last : address;
}
