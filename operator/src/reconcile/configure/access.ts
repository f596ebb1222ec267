import { AccessConfig, type AccessRule, type ActionAccess } from '@streamcluster/proto';
import type { StreamClusterSpec } from '../../api/spec.ts';

type Access = StreamClusterSpec['access'];
type Rule = NonNullable<Access['rules']>[number];
type Jwt = NonNullable<Rule['jwt']>;
type Action = NonNullable<Rule['play']>;

/** spec.access as workers are told it. What is not given is zero or empty. */
export function accessConfig({
  trustedProxies,
  forwardedHeader,
  rules = [],
}: Access): AccessConfig {
  return AccessConfig.fromPartial({
    ...(trustedProxies !== undefined && { trustedProxies }),
    byForwarded: forwardedHeader === 'Forwarded',
    rules: rules.map(accessRule),
  });
}

function accessRule({ publish, play, ...rest }: Rule): AccessRule {
  return {
    apps: rest.apps ?? [],
    jwt: rest.jwt && jwtConfig(rest.jwt),
    signedUrl: rest.signedUrl,
    publish: publish && actionAccess(publish),
    play: play && actionAccess(play),
    viewersPerStream: rest.viewersPerStream ?? 0,
    connectionsPerAddress: rest.connectionsPerAddress ?? 0,
    publisherKilobitsPerSecond: rest.publisherKilobitsPerSecond ?? 0,
  };
}

function jwtConfig({ keys = [], jwksRefreshSeconds, ...rest }: Jwt): AccessRule['jwt'] {
  const { jwksUrl = '', issuer = '', audience = '' } = rest;
  return { keys, jwksUrl, jwksRefreshSeconds, issuer, audience };
}

function actionAccess({ credentials = [], callback, allow = [], deny = [] }: Action): ActionAccess {
  return {
    byJwt: credentials.includes('Jwt'),
    bySignedUrl: credentials.includes('SignedUrl'),
    callback: callback && {
      url: callback.url,
      tokenKey: callback.tokenKey ?? '',
      timeoutSeconds: callback.timeoutSeconds,
      keepAllowedSeconds: callback.keepAllowedSeconds,
      keepRefusedSeconds: callback.keepRefusedSeconds,
      allowOnFailure: callback.onFailure === 'Allow',
    },
    allow,
    deny,
  };
}
