/** Longer ones are cut: they are kept for each session, and logged. */
const MAX_CHARACTERS = 256;
/** C0, C1, and what some readers of logs take for the end of a line. */
// eslint-disable-next-line no-control-regex -- exactly these are replaced
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** When there are more all are forgotten; each is kept by who uses it. */
const MAX_KNOWN = 1_024;

const known = new Map<string, string>();

/**
 * What a client calls itself, as it is kept, shown and logged: bounded, control
 * characters written out. Many call themselves the same, which is kept once.
 */
export function cleanUserAgent(given: string): string {
  const text = given.length > MAX_CHARACTERS ? given.slice(0, MAX_CHARACTERS) : given;
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size >= MAX_KNOWN) known.clear();
  // Half a character would come back from other workers as another one: a ban would not fit.
  const clean = text.toWellFormed().replace(CONTROLS, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  known.set(text, clean);
  return clean;
}
