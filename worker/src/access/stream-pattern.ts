/**
 * Whether `APP/NAME` fits a pattern in which `*` stands for any characters. No regular
 * expression: patterns come from tokens, and must not cost more than they are long.
 */
export function fitsPattern(pattern: string, key: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === key;
  if (!key.startsWith(first) || !key.endsWith(last)) return false;
  const end = key.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}
