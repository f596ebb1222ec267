import { createHmac } from 'node:crypto';

/**
 * The "complex" handshake of Flash Player 9 and later, which Adobe never
 * published: C1 and S1 carry an HMAC-SHA256 of the rest of the block, at a
 * place that four other bytes of the block point to. Schema 0 keeps the digest
 * in the second half of the block, schema 1 in the first.
 */
export type DigestSchema = 0 | 1;

export const HANDSHAKE_BYTES = 1536;
const DIGEST_BYTES = 32;
/** Where the four bytes are whose sum points to the digest, by schema. */
const POINTER_AT = [772, 8] as const;
/** A half is 764 bytes: pointer, then digest and padding. */
const OFFSETS = 764 - 4 - DIGEST_BYTES;

const PLAYER_WORDS = Buffer.from('Genuine Adobe Flash Player 001', 'latin1');
const SERVER_WORDS = Buffer.from('Genuine Adobe Flash Media Server 001', 'latin1');
const SUFFIX = Buffer.from(
  'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae',
  'hex',
);

/** Keys of the digest in C1, in S1, and of the response in S2, in C2. */
export const CLIENT_KEY = PLAYER_WORDS;
export const SERVER_KEY = SERVER_WORDS;
const SERVER_RESPONSE_KEY = Buffer.concat([SERVER_WORDS, SUFFIX]);
const CLIENT_RESPONSE_KEY = Buffer.concat([PLAYER_WORDS, SUFFIX]);

/** The schema under which the block's digest is right; undefined: it has none. */
export function findDigest(block: Buffer, key: Buffer): DigestSchema | undefined {
  if (isDigestRight(block, 0, key)) return 0;
  return isDigestRight(block, 1, key) ? 1 : undefined;
}

export function writeDigest(block: Buffer, schema: DigestSchema, key: Buffer): void {
  digestOf(block, schema, key).copy(block, digestOffset(block, schema));
}

/** C2 or S2: random bytes, signed with the digest of the peer's first block. */
export function signResponse(
  response: Buffer,
  peerBlock: Buffer,
  schema: DigestSchema,
  by: 'client' | 'server',
): void {
  const signature = signatureOf(response, peerBlock, schema, by);
  signature.copy(response, HANDSHAKE_BYTES - DIGEST_BYTES);
}

export function isResponseRight(
  response: Buffer,
  ownBlock: Buffer,
  schema: DigestSchema,
  by: 'client' | 'server',
): boolean {
  const signature = signatureOf(response, ownBlock, schema, by);
  return signature.equals(response.subarray(HANDSHAKE_BYTES - DIGEST_BYTES));
}

function signatureOf(
  response: Buffer,
  block: Buffer,
  schema: DigestSchema,
  by: 'client' | 'server',
): Buffer {
  const at = digestOffset(block, schema);
  const fixed = by === 'client' ? CLIENT_RESPONSE_KEY : SERVER_RESPONSE_KEY;
  const key = hmac(fixed, block.subarray(at, at + DIGEST_BYTES));
  return hmac(key, response.subarray(0, HANDSHAKE_BYTES - DIGEST_BYTES));
}

function isDigestRight(block: Buffer, schema: DigestSchema, key: Buffer): boolean {
  const at = digestOffset(block, schema);
  return digestOf(block, schema, key).equals(block.subarray(at, at + DIGEST_BYTES));
}

/** HMAC of the block without the 32 bytes of the digest itself. */
function digestOf(block: Buffer, schema: DigestSchema, key: Buffer): Buffer {
  const at = digestOffset(block, schema);
  return hmac(key, block.subarray(0, at), block.subarray(at + DIGEST_BYTES));
}

function digestOffset(block: Buffer, schema: DigestSchema): number {
  const pointer = POINTER_AT[schema];
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += block.readUInt8(pointer + i);
  return pointer + 4 + (sum % OFFSETS);
}

function hmac(key: Buffer, ...parts: Buffer[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}
