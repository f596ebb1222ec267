import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, sourcesAt } from './page.ts';

describe('contentSecurityPolicy', () => {
  it.each(["x; script-src 'unsafe-inline'", 'a b', 'a,b', ''])('takes no such host: %s', (host) => {
    const ports = { http: 1, https: 2 };
    expect(sourcesAt(host, ports)).toEqual(sourcesAt('127.0.0.1', ports));
  });

  it('takes a literal of IPv6', () => {
    const policy = contentSecurityPolicy(sourcesAt('[::1]', { http: 8080, https: 8443 }));
    expect(policy).toContain('ws://[::1]:8080');
    expect(policy).toContain('wss://[::1]:8443');
  });
});
