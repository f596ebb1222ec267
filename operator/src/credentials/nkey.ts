import { createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { nkeyBytes, nkeyText } from './nkey-text.ts';

/** First byte of a public key, by what the key is for. */
const PREFIXES = { operator: 14 << 3, account: 0, user: 20 << 3 } as const;
const SEED_PREFIX = 18 << 3;
const SEED_BYTES = 32;
/** PKCS #8 of an Ed25519 key, up to the key itself. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export type NkeyKind = keyof typeof PREFIXES;

/**
 * A key of NATS. `@nats-io/nkeys` has the same in plain JavaScript; a signature
 * costs milliseconds there, and each worker needs one.
 */
export class Nkey {
  readonly publicKey: string;
  readonly seed: string;
  private readonly key: KeyObject;

  private constructor(kind: NkeyKind, raw: Buffer) {
    const der = Buffer.concat([PKCS8_HEAD, raw]);
    this.key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.key).export({ format: 'der', type: 'spki' });
    const prefix = PREFIXES[kind];
    this.publicKey = nkeyText(Buffer.concat([Buffer.of(prefix), spki.subarray(-SEED_BYTES)]));
    this.seed = nkeyText(Buffer.concat([seedPrefix(kind), raw]));
  }

  static make(kind: NkeyKind): Nkey {
    return new Nkey(kind, randomBytes(SEED_BYTES));
  }

  /** Undefined unless it is the seed of a key of this kind. */
  static parse(kind: NkeyKind, seed: string | undefined): Nkey | undefined {
    const bytes = nkeyBytes(seed ?? '');
    const prefix = seedPrefix(kind);
    if (bytes?.length !== prefix.length + SEED_BYTES) return undefined;
    const isOfKind = bytes.subarray(0, prefix.length).equals(prefix);
    return isOfKind ? new Nkey(kind, bytes.subarray(prefix.length)) : undefined;
  }

  sign(text: string): Buffer {
    return sign(null, Buffer.from(text), this.key);
  }
}

/** The kind's five bits stand across the border of two bytes. */
function seedPrefix(kind: NkeyKind): Buffer {
  const prefix = PREFIXES[kind];
  return Buffer.of(SEED_PREFIX | (prefix >> 5), (prefix & 0x1f) << 3);
}
