import { accepted, breaks, refused, type Fixture } from './fixture.ts';

const fixed = {};
const jwt = { keys: ['jwt.pem'] };

function ruled(...rules: object[]): object {
  return { fixed, access: { rules } };
}

export const ACCESS: readonly Fixture[] = [
  accepted('access by everything', {
    fixed,
    access: {
      secretName: 'keys',
      trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
      forwardedHeader: 'Forwarded',
      rules: [
        {
          apps: ['live', 'Studio_1'],
          jwt: {
            keys: ['jwt.pem', 'jwks.json'],
            jwksUrl: 'https://id.example.com/keys?x=1',
            jwksRefreshSeconds: 10,
            issuer: 'https://id.example.com',
            audience: 'media',
          },
          signedUrl: { keys: ['url-1', 'url-2'] },
          publish: { credentials: ['Jwt'], allow: ['192.0.2.0/24'], deny: ['192.0.2.7/32'] },
          play: {
            credentials: ['Jwt', 'SignedUrl'],
            callback: {
              url: 'http://auth.example.com:8000',
              tokenKey: 'callback',
              timeoutSeconds: 1,
              keepAllowedSeconds: 0,
              keepRefusedSeconds: 0,
              onFailure: 'Allow',
            },
          },
          viewersPerStream: 1000,
          connectionsPerAddress: 20,
          publisherKilobitsPerSecond: 8000,
        },
        {},
      ],
    },
  }),
  accepted('access by nothing', { fixed, access: { rules: [], trustedProxies: [] } }),
  breaks(
    'no block of addresses',
    ruled({ play: { allow: ['192.0.2.1'] } }),
    'spec.access.rules[0].play.allow',
    'allow of access.rules must be CIDR blocks',
  ),
  breaks(
    'a prefix that is too long',
    { fixed, access: { trustedProxies: ['10.0.0.0/33'] } },
    'spec.access.trustedProxies',
    'access.trustedProxies must be CIDR blocks',
  ),
  breaks(
    'IPv4 in the notation of IPv6',
    ruled({ publish: { deny: ['::ffff:192.0.2.1/128'] } }),
    'spec.access.rules[0].publish.deny',
    'deny of access.rules must be CIDR blocks',
  ),
  breaks(
    'tokens without keys',
    ruled({ play: { credentials: ['Jwt'] } }),
    'spec.access.rules[0].play.credentials',
    'access.rules.play.credentials Jwt needs access.rules.jwt',
  ),
  breaks(
    'signed URLs without keys',
    ruled({ jwt, publish: { credentials: ['Jwt', 'SignedUrl'] } }),
    'spec.access.rules[0].publish.credentials',
    'access.rules.publish.credentials SignedUrl needs access.rules.signedUrl',
  ),
  breaks(
    'tokens that nothing checks',
    ruled({ jwt: { issuer: 'x' } }),
    'spec.access.rules[0].jwt',
    'access.rules.jwt needs keys or jwksUrl',
  ),
  breaks(
    'rules that never count',
    ruled({}, { apps: ['live'] }),
    'spec.access.rules',
    'a rule without apps must be the last one',
  ),
  refused(
    'a key that leads out of the folder',
    ruled({ jwt: { keys: ['../tls.key'] } }),
    'spec.access.rules[0].jwt.keys[0]',
    'pattern',
  ),
  refused(
    'a URL with a password',
    ruled({ play: { callback: { url: 'https://me:secret@example.com/' } } }),
    'spec.access.rules[0].play.callback.url',
    'pattern',
  ),
  refused(
    'another credential',
    ruled({ play: { credentials: ['Basic'] } }),
    'spec.access.rules[0].play.credentials[0]',
    'Jwt',
  ),
  refused('no app at all', ruled({ apps: [] }), 'spec.access.rules[0].apps', '1'),
];
