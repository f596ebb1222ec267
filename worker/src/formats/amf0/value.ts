/**
 * What AMF0 can say (Adobe AMF 0 specification). Objects have no prototype, so
 * that no key a peer sends means anything else than itself.
 */
export type Amf0Value =
  number | boolean | string | null | undefined | Amf0Object | Amf0EcmaArray | Date | Amf0Value[];

export interface Amf0Object {
  [key: string]: Amf0Value;
}

/** Written as an ECMA array, which onMetaData is by custom; read as an object. */
export class Amf0EcmaArray {
  readonly properties: Amf0Object;

  constructor(properties: Amf0Object) {
    this.properties = properties;
  }
}

/** First byte of a value, AMF 0 section 2.1. */
export const Amf0Marker = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  null: 5,
  undefined: 6,
  ecmaArray: 8,
  objectEnd: 9,
  strictArray: 10,
  date: 11,
  longString: 12,
  unsupported: 13,
  xmlDocument: 15,
  typedObject: 16,
} as const;

/** For use as a record whatever was sent. */
export function asAmf0Object(value: Amf0Value): Amf0Object | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (value instanceof Date) return undefined;
  return value instanceof Amf0EcmaArray ? value.properties : value;
}
