import type { Visit } from './visit.ts';

/** What a URL is signed with: parameters `expires` and `signature`, not checked yet. */
export interface UrlSignature {
  readonly expires: string;
  readonly signature: string;
}

type Carried = Pick<Visit, 'query' | 'authorization' | 'cookie'>;

const TOKEN_PARAMETER = 'token';
const TOKEN_COOKIE = 'streamcluster_token';
/** RFC 6750 section 2.1; the scheme's case does not count. */
const BEARER = /^bearer +(\S+)$/i;

/** A token: of the parameter, the header `Authorization`, a cookie; the first that is
 * there. Empty without. */
export function tokenOf({ query, authorization, cookie }: Carried): string {
  const parameter = parameterOf(query, TOKEN_PARAMETER);
  if (parameter !== '') return parameter;
  return BEARER.exec(authorization)?.[1] ?? cookieOf(cookie, TOKEN_COOKIE);
}

export function urlSignatureOf({ query }: Carried): UrlSignature | undefined {
  const signature = parameterOf(query, 'signature');
  return signature === '' ? undefined : { expires: parameterOf(query, 'expires'), signature };
}

/** The first one of this name, decoded; empty without, or where it cannot be decoded. */
function parameterOf(query: string, name: string): string {
  if (query === '') return '';
  for (const part of query.split('&')) {
    if (part.startsWith(`${name}=`)) return decoded(part.slice(name.length + 1));
  }
  return '';
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** RFC 6265 section 4.2.1. */
function cookieOf(header: string, name: string): string {
  for (const part of header.split(';')) {
    const pair = part.trim();
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return '';
}
