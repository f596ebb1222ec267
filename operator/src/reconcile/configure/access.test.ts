import { describe, expect, it } from 'vitest';
import { specSchema } from '../../api/spec.ts';
import { accessConfig } from './access.ts';

function configOf(access: object): ReturnType<typeof accessConfig> {
  return accessConfig(specSchema.parse({ fixed: {}, access }).access);
}

describe('accessConfig', () => {
  it('is empty where nothing is ruled', () => {
    expect(configOf({})).toEqual({ trustedProxies: [], byForwarded: false, rules: [] });
  });

  it('tells workers everything', () => {
    const callback = { url: 'http://a/', onFailure: 'Allow' };
    const config = configOf({
      trustedProxies: ['10.0.0.0/8'],
      forwardedHeader: 'Forwarded',
      rules: [
        {
          apps: ['live'],
          jwt: { keys: ['k'] },
          publish: { credentials: ['Jwt'], deny: ['192.0.2.0/24'] },
          play: { callback },
          viewersPerStream: 7,
        },
      ],
    });
    const open = { byJwt: false, bySignedUrl: false, callback: undefined, allow: [], deny: [] };
    expect(config).toEqual({
      trustedProxies: ['10.0.0.0/8'],
      byForwarded: true,
      rules: [
        {
          apps: ['live'],
          jwt: { keys: ['k'], jwksUrl: '', jwksRefreshSeconds: 60, issuer: '', audience: '' },
          signedUrl: undefined,
          publish: { ...open, byJwt: true, deny: ['192.0.2.0/24'] },
          play: {
            ...open,
            callback: {
              ...{ url: 'http://a/', tokenKey: '', timeoutSeconds: 2, allowOnFailure: true },
              ...{ keepAllowedSeconds: 60, keepRefusedSeconds: 5 },
            },
          },
          viewersPerStream: 7,
          connectionsPerAddress: 0,
          publisherKilobitsPerSecond: 0,
        },
      ],
    });
  });
});
