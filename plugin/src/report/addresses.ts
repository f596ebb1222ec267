import { isIPv4, isIPv6 } from 'node:net';

// Neither part of a longer number, nor of a word.
const IPV4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
const IPV6 = /(?<![\w:.])(?:::ffff:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]{2,39})(?![\w:])/gi;
/** They tell nothing of anybody. */
const HARMLESS = /^(?:127\.|0\.0\.0\.0$|::1?$)/;

/** Addresses as names, the same one for the same address, so that who is who stays visible. */
export class AddressNames {
  private readonly names = new Map<string, string>();

  redact(text: string): string {
    return text
      .replace(IPV6, (found) => (isIPv6(found) ? this.nameOf(found) : found))
      .replace(IPV4, (found) => (isIPv4(found) ? this.nameOf(found) : found));
  }

  private nameOf(address: string): string {
    if (HARMLESS.test(address)) return address;
    const key = address.toLowerCase();
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const name = `address-${this.names.size + 1}`;
    this.names.set(key, name);
    return name;
  }
}
