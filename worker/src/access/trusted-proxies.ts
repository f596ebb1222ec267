import { WorkerError } from '../errors.ts';
import type { AccessConfig } from '@streamcluster/proto';
import { canonicalAddress } from './address.ts';
import { Networks } from './networks.ts';

const NONE = Networks.parse([]);
/** Of RFC 7239 section 4: `for=192.0.2.1`, `for="[2001:db8::1]:80"`. */
const FOR = /^\s*for="?([^"]*)"?\s*$/i;
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
    const hops = splitOutsideQuotes(value, ',').slice(-MAX_HOPS);
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
    const text = this.header === 'forwarded' ? forOf(hop) : hop;
    const plain = canonicalAddress(text);
    if (plain !== undefined) return plain;
    const [, inBrackets, other] = WITH_PORT.exec(text) ?? [];
    return canonicalAddress(inBrackets ?? other ?? '');
  }
}

function forOf(element: string): string {
  for (const pair of splitOutsideQuotes(element, ';')) {
    const found = FOR.exec(pair)?.[1];
    if (found !== undefined) return found;
  }
  return '';
}

/** A client chooses the host that a proxy quotes, and must not end the quotation. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') isQuoted = !isQuoted;
    else if (letter === '\\' && isQuoted) at += 1;
    else if (letter === separator && !isQuoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
