/** What bytes of a request head may be, RFC 9110 5.6.2 and RFC 9112. */
export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;

const TOKEN = 1;
const TARGET = 2;
const VALUE = 4;

const KINDS = kindsOfBytes();

function kindsOfBytes(): Uint8Array {
  const kinds = new Uint8Array(256);
  const tokens = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (let byte = 0; byte < 256; byte++) {
    const isVisible = byte > 32 && byte < 127;
    let kind = tokens.includes(String.fromCharCode(byte)) ? TOKEN : 0;
    // A fragment is never sent, RFC 9112 3.2.
    if (isVisible && byte !== 0x23) kind |= TARGET;
    if (isVisible || byte === SPACE || byte === TAB || byte >= 128) kind |= VALUE;
    kinds[byte] = kind;
  }
  return kinds;
}

export function isTokenByte(byte: number): boolean {
  return ((KINDS[byte] ?? 0) & TOKEN) !== 0;
}

export function isTargetByte(byte: number): boolean {
  return ((KINDS[byte] ?? 0) & TARGET) !== 0;
}

/** Field values: visible, space, tab and obs-text; no other control bytes. */
export function isValueByte(byte: number): boolean {
  return ((KINDS[byte] ?? 0) & VALUE) !== 0;
}
