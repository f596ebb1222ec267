import { describe, expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.ts';

function trusting(trustedProxies: string[], byForwarded = false): TrustedProxies {
  const trust = new TrustedProxies();
  trust.configure({ trustedProxies, byForwarded });
  return trust;
}

describe('X-Forwarded-For', () => {
  const trust = trusting(['10.0.0.0/8', 'fd00::/8']);

  it.each([
    ['a stranger', '192.0.2.1', '198.51.100.9', '192.0.2.1'],
    ['one proxy', '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['two proxies', '10.0.0.1', '198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['what a client wrote itself', '10.0.0.1', '1.1.1.1, 198.51.100.9', '198.51.100.9'],
    ['proxies only', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['nothing', '10.0.0.1', '', '10.0.0.1'],
    ['something strange', '10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
    ['something strange before a proxy', '10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['a port', '10.0.0.1', '198.51.100.9:4711', '198.51.100.9'],
    ['IPv6', 'fd00::1', '2001:DB8::9', '2001:db8::9'],
    ['IPv6 with a port', 'fd00::1', '[2001:db8::9]:4711', '2001:db8::9'],
    ['IPv4 as IPv6', '::ffff:10.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
    ['a quotation that a client opens', '10.0.0.1', '", 198.51.100.9', '198.51.100.9'],
    ['one behind a backslash', '10.0.0.1', '\\", 198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['very much', '10.0.0.1', `1.1.1.1, ${'10.0.0.2, '.repeat(5_000)}10.0.0.2`, '10.0.0.2'],
  ])('of %s', (_what, peer, value, client) => {
    expect(trust.clientOf(peer, value)).toBe(client);
  });

  it('is not looked at where nobody is trusted', () => {
    expect(new TrustedProxies().clientOf('10.0.0.1', '1.1.1.1')).toBe('10.0.0.1');
  });
});

describe('Forwarded', () => {
  const trust = trusting(['10.0.0.0/8'], true);

  it.each([
    ['for=198.51.100.9', '198.51.100.9'],
    ['for=1.1.1.1, for=198.51.100.9;proto=https;by=10.0.0.1', '198.51.100.9'],
    ['proto=http;For="[2001:db8::9]:4711"', '2001:db8::9'],
    ['for=198.51.100.9, For=10.0.0.2', '198.51.100.9'],
    ['for=unknown', '10.0.0.1'],
    ['for=_hidden', '10.0.0.1'],
    ['by=198.51.100.9', '10.0.0.1'],
    ['host="x;for=1.1.1.1"', '10.0.0.1'],
    ['for=198.51.100.9;host="a,for=1.1.1.1"', '198.51.100.9'],
    ['for=198.51.100.9;host="a\\",for=1.1.1.1"', '198.51.100.9'],
    ['for=198.51.100.9;host="a\\\\",for=10.0.0.2', '198.51.100.9'],
    ['for=", for=198.51.100.9', '198.51.100.9'],
    ['for="\\, for=198.51.100.9;host="a,for=1.1.1.1"', '198.51.100.9'],
    ['for=1.1.1.1;host=", for="[2001:db8::9]:4711";host="x"', '2001:db8::9'],
  ])('%s', (value, client) => {
    expect([trust.header, trust.clientOf('10.0.0.1', value)]).toEqual(['forwarded', client]);
  });
});
