import {
  EC,
  jwks,
  NEXT_EC,
  pem,
  RSA,
  SECRET,
  signedQuery,
  STRANGER,
  token,
  type TokenOptions,
} from '../clients/tokens.ts';
import { PROTOCOLS, type Attempt, type Protocol } from './attempts.ts';

/** Where a trusted proxy says that clients come from. */
export const ELSEWHERE = '198.51.100.7';
export const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const PLAYS: readonly Protocol[] = ['rtmp play', 'flv', 'ws-flv', 'hls'];
const BY_HTTP: readonly Protocol[] = ['flv', 'ws-flv', 'hls'];

/** One case of a rule, tried over every protocol that has it. */
export interface Row {
  readonly rule: string;
  readonly what: string;
  readonly app: string;
  /** Undefined: he is let in. */
  readonly code?: string;
  /** What he comes with. */
  readonly carries: (action: 'publish' | 'play', stream: string) => Carried;
  readonly protocols?: readonly Protocol[];
}

type Carried = Partial<Pick<Attempt, 'query' | 'headers' | 'address'>>;

const both = (action: object): object => ({ publish: action, play: action });
const byJwt = both({ credentials: ['Jwt'] });

const OLD_SECRET = `${SECRET}, which goes`;
const ISSUER = 'https://id.example';
export const KEYS = {
  ...{ 'rs.pem': pem(RSA.publicKey), hs: `${SECRET}\n`, url: SECRET },
  'url-old': OLD_SECRET,
};
export const JWKS = jwks([EC.publicKey, 'first']);

/** spec.access, with a server that decides at `url`, and what is allowed in app `near`. */
export function accessSpec(
  url: (path: string) => string,
  near: object = { allow: LOOPBACK },
): object {
  const callback = { url: url('/ask'), timeoutSeconds: 1, keepRefusedSeconds: 0 };
  return {
    trustedProxies: LOOPBACK,
    rules: [
      { apps: ['rs'], jwt: { keys: ['rs.pem'] }, ...byJwt },
      { apps: ['es'], jwt: { jwksUrl: url('/keys') }, ...byJwt },
      { apps: ['hs'], jwt: { keys: ['hs'], audience: 'media', issuer: ISSUER }, ...byJwt },
      { apps: ['gone'], jwt: { jwksUrl: url('/broken') }, ...byJwt },
      {
        ...{ apps: ['url'], signedUrl: { keys: ['url', 'url-old'] } },
        ...both({ credentials: ['SignedUrl'] }),
      },
      { apps: ['asks'], ...both({ callback }) },
      { apps: ['lets'], ...both({ callback: { ...callback, onFailure: 'Allow' } }) },
      { apps: ['near'], ...both(near) },
      { apps: ['far'], ...both({ allow: ['192.0.2.0/24'] }) },
      { apps: ['denied'], ...both({ allow: ['0.0.0.0/0'], deny: LOOPBACK }) },
      { apps: ['crowd'], viewersPerStream: 1 },
      { apps: ['lone'], connectionsPerAddress: 1 },
      { apps: ['thin'], publisherKilobitsPerSecond: 100 },
      { apps: ['wide'], publisherKilobitsPerSecond: 5_000 },
    ],
  };
}

function carrying(options: Partial<TokenOptions>, app = 'rs'): Row['carries'] {
  return () => ({
    query: `token=${token({ key: RSA.privateKey, streams: [`${app}/*`], ...options })}`,
  });
}

function bySecret(options: Partial<TokenOptions>): Row['carries'] {
  return carrying({ key: SECRET, audience: 'media', issuer: ISSUER, ...options }, 'hs');
}

const MISSING = 'ACCESS_TOKEN_MISSING';
const INVALID = 'ACCESS_TOKEN_INVALID';
const EXPIRED = 'ACCESS_TOKEN_EXPIRED';
const REFUSED = 'ACCESS_REFUSED';
const ADDRESS = 'ACCESS_ADDRESS_REFUSED';
const CALLBACK_FAILED = 'ACCESS_CALLBACK_FAILED';

const rs = { rule: 'JWT, RS256', app: 'rs' };
const es = { rule: 'JWT, ES256 by JWKS', app: 'es' };
const hs = { rule: 'JWT, HS256', app: 'hs' };
const url = { rule: 'signed URL', app: 'url' };
const asks = { rule: 'callback', app: 'asks' };
const good = token({ key: RSA.privateKey, streams: ['rs/*'] });
const nothing: Row['carries'] = () => ({});
const asking =
  (query: string): Row['carries'] =>
  () => ({ query });
const elsewhere: Row['carries'] = () => ({ address: ELSEWHERE });

export const ROWS: readonly Row[] = [
  { rule: 'none', what: 'nothing', app: 'open', carries: nothing },
  { ...rs, what: 'good', carries: carrying({}) },
  {
    ...{ ...rs, what: 'good, in a header', protocols: BY_HTTP },
    carries: () => ({ headers: { Authorization: `Bearer ${good}` } }),
  },
  {
    ...{ ...rs, what: 'good, in a cookie', protocols: BY_HTTP },
    carries: () => ({ headers: { Cookie: `streamcluster_token=${good}` } }),
  },
  { ...rs, what: 'none', code: MISSING, carries: nothing },
  { ...rs, what: 'expired', code: EXPIRED, carries: carrying({ expiresIn: -60 }) },
  { ...rs, what: 'forged', code: INVALID, carries: carrying({ key: STRANGER.privateKey }) },
  {
    // A URL of this length is refused before.
    ...{ ...rs, what: 'too long, in a header', code: INVALID, protocols: BY_HTTP },
    carries: () => ({
      headers: {
        Authorization: `Bearer ${token({ key: RSA.privateKey, streams: ['rs/*', 'x'.repeat(4_000)] })}`,
      },
    }),
  },
  { ...rs, what: 'alg none', code: INVALID, carries: carrying({ key: undefined }) },
  {
    ...rs,
    what: 'public key as secret',
    code: INVALID,
    carries: carrying({ key: KEYS['rs.pem'] }),
  },
  { ...rs, what: 'another audience', code: INVALID, carries: carrying({ audience: 'x' }) },
  { ...rs, what: 'another stream', code: REFUSED, carries: carrying({ streams: ['rs/y'] }) },
  { ...rs, what: 'another action', code: REFUSED, carries: carrying({ actions: ['look'] }) },
  {
    ...rs,
    what: 'another network',
    code: ADDRESS,
    carries: carrying({ networks: ['192.0.2.0/24'] }),
  },
  { ...es, what: 'good', carries: carrying({ key: EC.privateKey, id: 'first' }, 'es') },
  {
    ...es,
    what: 'unknown key',
    code: INVALID,
    carries: carrying({ key: NEXT_EC.privateKey, id: 'next' }, 'es'),
  },
  {
    ...{ rule: 'JWT, JWKS that is down', what: 'good', app: 'gone', code: 'ACCESS_KEYS_INVALID' },
    carries: carrying({ key: EC.privateKey, id: 'first' }, 'gone'),
  },
  { ...hs, what: 'good', carries: bySecret({}) },
  {
    ...hs,
    what: 'no audience',
    code: INVALID,
    carries: carrying({ key: SECRET, issuer: ISSUER }, 'hs'),
  },
  { ...hs, what: 'another issuer', code: INVALID, carries: bySecret({ issuer: 'https://x' }) },
  {
    ...url,
    what: 'good',
    carries: (action, stream) => ({ query: signedQuery(action, stream, SECRET) }),
  },
  {
    // Its stream is published by the new one.
    ...{ ...url, what: 'good, by the old key', protocols: PROTOCOLS },
    carries: (action, stream) => ({ query: signedQuery(action, stream, OLD_SECRET) }),
  },
  { ...url, what: 'none', code: MISSING, carries: nothing },
  {
    ...{ ...url, what: 'another action', code: INVALID },
    carries: (action, stream) => ({
      query: signedQuery(action === 'play' ? 'publish' : 'play', stream, SECRET),
    }),
  },
  {
    ...url,
    what: 'expired',
    code: EXPIRED,
    carries: (action, stream) => ({ query: signedQuery(action, stream, SECRET, -1) }),
  },
  {
    ...url,
    what: 'another stream',
    code: INVALID,
    carries: (action) => ({ query: signedQuery(action, 'url/y', SECRET) }),
  },
  { ...asks, what: 'yes', carries: asking('decide=yes') },
  { ...asks, what: 'no', code: REFUSED, carries: asking('decide=no') },
  { ...asks, what: 'fails', code: CALLBACK_FAILED, carries: asking('decide=error') },
  { ...asks, what: 'hangs', code: CALLBACK_FAILED, carries: asking('decide=hang') },
  { rule: 'callback, fails open', what: 'fails', app: 'lets', carries: asking('decide=error') },
  { rule: 'allowed addresses', what: 'inside', app: 'near', carries: nothing },
  { rule: 'allowed addresses', what: 'outside', app: 'far', code: ADDRESS, carries: nothing },
  { rule: 'denied addresses', what: 'inside', app: 'denied', code: ADDRESS, carries: nothing },
  { rule: 'denied addresses', what: 'outside, says a proxy', app: 'denied', carries: elsewhere },
];

/** Rules that limit: the second one is too many. */
export const LIMITS = [
  { rule: 'viewers of a stream', app: 'crowd', protocols: PLAYS },
  { rule: 'sessions of an address', app: 'lone', protocols: ['rtmp publish', ...PLAYS] },
] as const;
