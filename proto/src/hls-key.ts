import { createHash } from 'node:crypto';

/** How workers say which key of HLS segments they have: never 0. */
export function hlsKeyId(key: Uint8Array): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) || 1;
}
