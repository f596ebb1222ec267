import type { BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { OperatorError } from '../../errors.ts';
import type { Identity } from './identity.ts';
import { isWithin } from './networks.ts';

export interface ProxyRules {
  /** In lower case; undefined: no proxy says who somebody is. */
  readonly userHeader: string | undefined;
  readonly groupHeader: string | undefined;
  readonly adminGroups: ReadonlySet<string>;
  /** Empty: every user that the proxy lets through. */
  readonly viewerGroups: ReadonlySet<string>;
}

const MAX_NAME_CHARACTERS = 200;

/**
 * Whom a proxy that logs users in (OIDC) vouches for. Undefined: nobody, or the request did
 * not come from such a proxy: then its headers are anybody's. Throws ROLE_INSUFFICIENT.
 */
export function proxyIdentity(
  { headers, socket }: FastifyRequest,
  proxies: BlockList,
  rules: ProxyRules,
): Identity | undefined {
  const { userHeader, groupHeader, adminGroups, viewerGroups } = rules;
  if (userHeader === undefined || !isWithin(proxies, socket.remoteAddress ?? '')) return undefined;
  const name = textOf(headers[userHeader]).slice(0, MAX_NAME_CHARACTERS);
  if (name === '') return undefined;
  const groups = groupHeader === undefined ? [] : textOf(headers[groupHeader]).split(',');
  const isIn = (some: ReadonlySet<string>): boolean =>
    groups.some((group) => some.has(group.trim()));
  if (isIn(adminGroups)) return { name, role: 'admin', by: 'proxy' };
  if (viewerGroups.size > 0 && !isIn(viewerGroups)) {
    throw new OperatorError('ROLE_INSUFFICIENT', `${name} is in none of the groups`);
  }
  return { name, role: 'viewer', by: 'proxy' };
}

/** A header that came twice is somebody's trick. */
function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
