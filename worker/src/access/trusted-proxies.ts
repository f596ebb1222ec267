import { WorkerError } from '../errors.ts';
import type { AccessConfig } from '@streamcluster/proto';
import { canonicalAddress } from './address.ts';
import { Networks } from './networks.ts';

const NONE = Networks.parse([]);
/** Of RFC 7239 section 4: `for=192.0.2.1`, `for="[2001:db8::1]:80"`. */
const FOR = /(?:^|;)\s*for\s*=\s*"?([^";]*)"?/i;
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/;
const MAX_HOPS = 32;

/** Those who are believed when they say whom they pass on. */
export class TrustedProxies {
  /** Which header says it: a client may send the other one. */
  header: 'x-forwarded-for' | 'forwarded' = 'x-forwarded-for';
  private networks = NONE;

  /** Throws ACCESS_RULES_INVALID. */
  configure({ trustedProxies, byForwarded }: Omit<AccessConfig, 'rules'>): void {
    const networks = Networks.parse(trustedProxies);
    if (networks === undefined) throw new WorkerError('ACCESS_RULES_INVALID', 'trusted proxies');
    this.networks = networks;
    this.header = byForwarded ? 'forwarded' : 'x-forwarded-for';
  }

  has(address: string): boolean {
    return this.networks?.has(address) === true;
  }

  /** Whose request a peer passes on, by the header's value: from its end, the first who is
   * not trusted himself. Who cannot be read ends the search: nobody vouches for him. */
  clientOf(peer: string, value: string): string {
    const hops = value.split(',').slice(-MAX_HOPS);
    let client = peer;
    while (this.has(client)) {
      const hop = hops.pop();
      const before = hop === undefined ? undefined : this.addressOf(hop.trim());
      if (before === undefined) break;
      client = before;
    }
    return client;
  }

  private addressOf(hop: string): string | undefined {
    const text = this.header === 'forwarded' ? (FOR.exec(hop)?.[1] ?? '') : hop;
    const plain = canonicalAddress(text);
    if (plain !== undefined) return plain;
    const [, inBrackets, other] = WITH_PORT.exec(text) ?? [];
    return canonicalAddress(inBrackets ?? other ?? '');
  }
}
