import type { FastifyRequest } from 'fastify';

export const COOKIE_NAME = 'streamcluster_console';

/** The session in a Cookie header. */
export function cookieOf(header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name = '', value] = pair.trim().split('=', 2);
    if (name === COOKIE_NAME && value !== undefined) return value;
  }
  return undefined;
}

/**
 * No Path: it holds for the folder of the address that set it, `…/api/v1`, whatever a proxy
 * puts in front. No script reads it, and no other site's page makes a browser send it.
 */
export function setCookie({ protocol }: FastifyRequest, session: string): string {
  const secure = protocol === 'https' ? '; Secure' : '';
  const age = session === '' ? '; Max-Age=0' : '';
  return `${COOKIE_NAME}=${session}; HttpOnly; SameSite=Strict${secure}${age}`;
}
