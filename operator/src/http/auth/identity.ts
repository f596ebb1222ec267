import type { FastifyRequest } from 'fastify';

export const ROLES = ['viewer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks, and what for. */
export interface Identity {
  /** For logs and the page: of a token only the role is known. */
  readonly name: string;
  readonly role: Role;
  /** What proved it. A browser sends cookies, and passes proxies, whoever made it ask. */
  readonly by: 'nothing' | 'token' | 'cookie' | 'proxy';
  /** Another operator says so, who goes on looking whether it is still true. */
  readonly isVouchedFor?: boolean;
}

const NOBODY: Identity = { name: 'nobody', role: 'viewer', by: 'nothing' };
const identities = new WeakMap<object, Identity>();

export function setIdentity({ raw }: FastifyRequest, identity: Identity): void {
  identities.set(raw, identity);
}

/** Of a request that the guard let in. */
export function identityOf({ raw }: FastifyRequest): Identity {
  return identities.get(raw) ?? NOBODY;
}
