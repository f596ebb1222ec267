/**
 * The one grammar of stream names, for every protocol (docs/architecture.md):
 *
 *   stream = app "/" name
 *   app    = label              at most 64 characters
 *   name   = label              at most 128 characters
 *   label  = (ALPHA / DIGIT) *(ALPHA / DIGIT / "." / "_" / "-" / "~")
 *
 * No slashes inside either, no two dots in a row, case counts. What follows a
 * "?" (in an RTMP app or stream key, or a URL) is parameters, not name.
 */
export interface StreamName {
  readonly app: string;
  readonly name: string;
  /** `app/name`, the key everywhere. */
  readonly key: string;
}

const APP_MAX_CHARACTERS = 64;
const NAME_MAX_CHARACTERS = 128;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9_~-]|\.(?!\.))*$/;

/** Undefined when either part breaks the grammar. */
export function streamName(app: string, name: string): StreamName | undefined {
  if (app.length > APP_MAX_CHARACTERS || name.length > NAME_MAX_CHARACTERS) return undefined;
  if (!LABEL.test(app) || !LABEL.test(name)) return undefined;
  return { app, name, key: `${app}/${name}` };
}

/** Parses `app/name`. */
export function parseStreamKey(key: string): StreamName | undefined {
  const slash = key.indexOf('/');
  return slash < 0 ? undefined : streamName(key.slice(0, slash), key.slice(slash + 1));
}

/** Takes `news?token=x` apart; slashes around the name are dropped, as OBS adds them.
 * `query` is not decoded. */
export function splitParameters(text: string): { name: string; query: string } {
  const mark = text.indexOf('?');
  const name = mark < 0 ? text : text.slice(0, mark);
  return {
    name: name.replace(/^\/+|\/+$/g, ''),
    query: mark < 0 ? '' : text.slice(mark + 1),
  };
}
