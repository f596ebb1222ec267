import { REDACTED, SENSITIVE_NAME } from './sensitive.ts';

/** Query parameters of Kubernetes and of our API, which tell something. */
const HARMLESS_QUERY =
  /^(?:limit|continue|watch|labelSelector|fieldSelector|resourceVersion|timeoutSeconds|tailLines|previous|container|follow|allowWatchBookmarks|fieldManager|force|dryRun|streamsPerWorker|bufferStreams)$/;

type Replace = readonly [pattern: RegExp, by: string | ((...groups: string[]) => string)];

const SIGN = String.raw`\\*["']?\s{0,4}[:=]\s{0,4}`;

/** PEM and credentials of NATS, also where their end, or their beginning, is missing. */
const BLOCKS: readonly Replace[] = [
  [
    /-{4,9}BEGIN (?!CERTIFICATE-)([A-Z0-9 ]{1,64})-{4,9}(?:[\s\S]{0,16384}?-{4,9}END [A-Z0-9 ]{1,64}-{4,9}|[\w+/=.\s\\-]{0,16384})/g,
    `-----BEGIN $1----- ${REDACTED}\n`,
  ],
  [/^(?:[\w+/=.-]{8,4096}\r?\n){1,200}-{4,9}END (?!CERTIFICATE-)[A-Z0-9 ]{1,64}-{4,9}/gm, REDACTED],
];

/** First what has a form of its own, then what a name tells of. */
const INLINE: readonly Replace[] = [
  // JSON web tokens, of NATS too.
  [/\beyJ[\w-]{6,8192}(?:\.[\w-]{0,8192}){1,2}/g, REDACTED],
  // Seeds of nkeys.
  [/\bS[ACNOUX][A-Z2-7]{56}\b/g, REDACTED],
  // Keys of well-known services.
  [/\b(?:gh[a-z]_\w{20,255}|xox[a-z]-[\w-]{10,255}|AKIA[A-Z0-9]{16}|AIza[\w-]{30,64})/g, REDACTED],
  // Headers, to the end of the line.
  [
    new RegExp(
      String.raw`\b((?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:key|token|secret))(${SIGN})[^\r\n]*`,
      'gi',
    ),
    `$1$2${REDACTED}`,
  ],
  [/\b(bearer|basic|digest)\s{1,4}[\w+/=.~:-]{4,8192}/gi, `$1 ${REDACTED}`],
  // Users and passwords in URLs; a password may have anything but a space in it.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)\S{1,4096}@/gi, `$1${REDACTED}@`],
  // Whatever publishers and players give along.
  [/(?<=[\w/.\]-])\?([^\s"'<>\\]{1,8192})/g, (_all, query = '') => `?${redactQuery(query)}`],
  // name=value, "name": "value", also in JSON within JSON, also cut short.
  [
    new RegExp(String.raw`(${SENSITIVE_NAME}${SIGN})(\\*["'])(?:.*?)((?<!\\)\2|$)`, 'gim'),
    `$1$2${REDACTED}$3`,
  ],
  [
    new RegExp(String.raw`(${SENSITIVE_NAME}${SIGN})[^\s"'\\&,;)}\]][^\s"'&,;)}\]]{0,8192}`, 'gi'),
    `$1${REDACTED}`,
  ],
  // --name value
  [
    new RegExp(String.raw`(--?[\w.-]{0,64}?${SENSITIVE_NAME}\s{1,4})[^\s"'-]\S{0,8192}`, 'gi'),
    `$1${REDACTED}`,
  ],
];

/** Text without blocks of several lines that look like keys. */
export function redactBlocks(text: string): string {
  return replaced(text, BLOCKS);
}

/** Text without what looks like a secret. */
export function redactText(text: string): string {
  return replaced(redactBlocks(text), INLINE);
}

function replaced(text: string, replacements: readonly Replace[]): string {
  return replacements.reduce(
    (before, [pattern, by]) =>
      typeof by === 'string' ? before.replace(pattern, by) : before.replace(pattern, by),
    text,
  );
}

function redactQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => {
      const [name = '', value] = pair.split('=', 2);
      if (HARMLESS_QUERY.test(name)) return pair;
      return value === undefined ? REDACTED : `${name}=${REDACTED}`;
    })
    .join('&');
}
