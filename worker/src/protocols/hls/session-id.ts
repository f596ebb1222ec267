import { SESSION_ID } from '../../sessions/session.ts';

const PARAMETER = 'session=';
const COOKIE = 'streamcluster_session';

/** The id that a player names in the query; undefined: none, or none of ours. */
export function sessionOf(query: string): string | undefined {
  let at = query.indexOf(PARAMETER);
  while (at > 0 && query[at - 1] !== '&') at = query.indexOf(PARAMETER, at + 1);
  if (at < 0) return undefined;
  const start = at + PARAMETER.length;
  const end = query.indexOf('&', start);
  const id = query.slice(start, end < 0 ? query.length : end);
  return SESSION_ID.test(id) ? id : undefined;
}

/** The query with this id, and all that came with it. */
export function withSession(query: string, id: string): string {
  return [...othersOf(query), PARAMETER + id].join('&');
}

/** What a player came with itself: the same as before it was given an id. */
export function withoutSession(query: string): string {
  return query.includes(PARAMETER) ? othersOf(query).join('&') : query;
}

function othersOf(query: string): string[] {
  return query.split('&').filter((one) => one !== '' && !one.startsWith(PARAMETER));
}

/** The id that a player with cookies had. */
export function sessionOfCookie(header: string): string | undefined {
  const pairs = header.split(';').map((pair) => pair.trim());
  const own = pairs.find((pair) => pair.startsWith(`${COOKIE}=`));
  const id = own?.slice(COOKIE.length + 1) ?? '';
  return SESSION_ID.test(id) ? id : undefined;
}

/**
 * Whoever has cookies is the same player when it loads the page again. Pages of other
 * sites may play (native players send cookies there), which takes an encrypted connection.
 */
export function sessionCookie(id: string, path: string, isEncrypted: boolean): string {
  const site = isEncrypted ? 'SameSite=None; Secure' : 'SameSite=Lax';
  return `${COOKIE}=${id}; Path=${path}; HttpOnly; ${site}`;
}
