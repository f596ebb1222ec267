/** A request target taken apart. */
export interface RequestPath {
  /** Decoded; `/` has none, and a slash at the end gives an empty last one. */
  readonly segments: readonly string[];
  /** Behind the `?`, not decoded. */
  readonly query: string;
}

const ABSOLUTE_FORM = /^https?:\/\/[^/?]*/i;
/** Most paths: there is nothing to decode and nothing to refuse. */
const PLAIN = /^(?:\/[\w~-][\w.~-]*)+$/;
const ESCAPED = '%';
/** Decoded segments must not smuggle separators or controls into file names and logs. */
// eslint-disable-next-line no-control-regex -- exactly these are refused
const FORBIDDEN = /[\u0000-\u001f\u007f/\\]/;

/**
 * Splits origin-form and absolute-form targets (RFC 9112 3.2) into decoded
 * segments. Undefined for all that could name something else than it shows:
 * `.` and `..` segments, empty ones, bad escapes, encoded slashes and controls.
 */
export function parseTarget(target: string): RequestPath | undefined {
  const text = originForm(target);
  if (text === undefined) return undefined;
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = mark < 0 ? '' : text.slice(mark + 1);
  if (path === '' || path === '/') return { segments: [], query };
  const segments = path.slice(1).split('/');
  return PLAIN.test(path) || decodeAll(segments) ? { segments, query } : undefined;
}

function originForm(target: string): string | undefined {
  if (target.startsWith('/')) return target;
  const absolute = ABSOLUTE_FORM.exec(target);
  return absolute === null ? undefined : target.slice(absolute[0].length);
}

/** In place; false when one of them must not be. */
function decodeAll(segments: string[]): boolean {
  for (let i = 0; i < segments.length; i++) {
    const segment = decodeSegment(segments[i] ?? '');
    if (segment === undefined || (segment === '' && i < segments.length - 1)) return false;
    segments[i] = segment;
  }
  return true;
}

function decodeSegment(raw: string): string | undefined {
  const segment = raw.includes(ESCAPED) ? decodeEscapes(raw) : raw;
  if (segment === undefined || segment === '.' || segment === '..') return undefined;
  return FORBIDDEN.test(segment) ? undefined : segment;
}

function decodeEscapes(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}
