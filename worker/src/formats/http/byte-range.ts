/** Part of a body, [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const SINGLE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i;

/**
 * Reads a Range header against a body of so many bytes (RFC 9110 14.1.2).
 * Undefined: ignore it and send all, as for other units, several ranges and
 * nonsense. `unsatisfiable`: answer 416.
 */
export function parseByteRange(
  header: string,
  bodyBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = SINGLE_RANGE.exec(header.trim());
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? undefined : suffixRange(Number(last), bodyBytes);
  const start = Number(first);
  const end = last === '' ? bodyBytes : Math.min(Number(last) + 1, bodyBytes);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= bodyBytes ? 'unsatisfiable' : { start, end };
}

/** The last so many bytes. */
function suffixRange(bytes: number, bodyBytes: number): ByteRange | 'unsatisfiable' {
  if (bytes === 0 || bodyBytes === 0) return 'unsatisfiable';
  return { start: Math.max(0, bodyBytes - bytes), end: bodyBytes };
}
