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
    const hops = this.hopsOf(value);
    let client = peer;
    while (this.has(client)) {
      const hop = hops.pop();
      const before = hop === undefined ? undefined : this.addressOf(hop.trim());
      if (before === undefined) break;
      client = before;
    }
    return client;
  }

  /** The last ones of the header, in their order. */
  private hopsOf(value: string): string[] {
    // It has no quotes: one that a client sends is a character like others.
    if (this.header === 'x-forwarded-for') return value.split(',').slice(-MAX_HOPS);
    return splitOutsideQuotes(value, ',').slice(-MAX_HOPS);
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

/**
 * From the end, which whoever is trusted wrote: what a client put in front of it may leave a
 * quotation open. A client also chooses the host that a proxy quotes, and must not end that.
 */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let end = text.length;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const letter = text[at];
    if (letter === '"' && !(isQuoted && isEscaped(text, at))) isQuoted = !isQuoted;
    else if (letter === separator && !isQuoted) {
      parts.push(text.slice(at + 1, end));
      end = at;
    }
  }
  parts.push(text.slice(0, end));
  return parts.reverse();
}

/** An odd number of backslashes stands in front of it. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === '\\') before -= 1;
  return (at - before) % 2 === 1;
}
