/** What stands where something was taken out. */
export const REDACTED = 'REDACTED';

/** Parts of names whose values are nobody else's business. */
const PARTS = [
  'pass(?:word|wd|phrase|code)?',
  'pwd',
  'secret',
  'token',
  'credential',
  'creds',
  'api[-_.]?key',
  'access[-_.]?key',
  'private[-_.]?key',
  'signing[-_.]?key',
  'stream[-_.]?key',
  'encryption[-_.]?key',
  'nkey',
  'seed',
  'signature',
  'authorization',
  'cookie',
  'session[-_.]?id',
  'jwt',
  'bearer',
].join('|');

/** Whole names that are too short to be looked for within others. */
const WHOLE = 'key|sig|sign|auth|pw';

/**
 * A sensitive name in running text, from its telling part on: what stands
 * before it stays as it is anyway. Bounded, because logs are long.
 */
export const SENSITIVE_NAME = `(?:(?:${PARTS})[\\w.-]{0,64}|(?<![\\w-])(?:${WHOLE}))`;

const PART = new RegExp(PARTS, 'i');
const WHOLE_NAME = new RegExp(`^(?:${WHOLE})$`, 'i');
/** `credentialsSecretName`, `TOKEN_FILE`: which one it is, not what is in it. */
const REFERENCE =
  /(?:Name|Namespace|Ref|Path|Dir|File|Seconds)s?$|[-_.](?:name|namespace|ref|path|dir|file|seconds)s?$|[-_.](?:NAME|NAMESPACE|REF|PATH|DIR|FILE|SECONDS)$/;

/** Whether the value of a field with this name is taken out. */
export function isSensitive(name: string): boolean {
  return PART.test(name) && !REFERENCE.test(name);
}

/** In logs even the short names are suspicious; in resources they are references. */
export function isSensitiveInLog(name: string): boolean {
  return WHOLE_NAME.test(name) || isSensitive(name);
}
