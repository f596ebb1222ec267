import { hkdfSync } from 'node:crypto';
import type { Signer } from './issue.ts';

const KEY_BYTES = 32;

/** The key of a StreamCluster's HLS segments (RFC 5869); of it nobody learns the CA's. */
export function segmentKeyOf({ key }: Pick<Signer, 'key'>, uid: string): Buffer {
  const { d = '' } = key.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', `hls ${uid}`, KEY_BYTES));
}
