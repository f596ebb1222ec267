import { BlockList, isIP } from 'node:net';

/** Addresses of networks in CIDR notation, or single ones. Throws TypeError. */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix);
    if (isIP(address) === 0 || !isBits(bits, family)) throw new TypeError(`no network: ${text}`);
    list.addSubnet(address, bits, family);
  }
  return list;
}

export function isWithin(networks: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  const family = isIP(plain);
  return family !== 0 && networks.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

function isBits(bits: number, family: 'ipv4' | 'ipv6'): boolean {
  return Number.isInteger(bits) && bits >= 0 && bits <= (family === 'ipv6' ? 128 : 32);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || isWithin(LOOPBACK, host);
}

const LOOPBACK = networksOf(['127.0.0.0/8', '::1']);
