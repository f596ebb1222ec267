import { hkdfSync } from 'node:crypto';
import type { Signer } from './issue.ts';

const KEY_BYTES = 32;

/** The key of a StreamCluster's HLS segments. */
export function segmentKeyOf(signer: Pick<Signer, 'key'>, uid: string): Buffer {
  return keyFor(signer, `hls ${uid}`);
}

/** What sessions of page and API are signed by. */
export function consoleKeyOf(signer: Pick<Signer, 'key'>): Buffer {
  return keyFor(signer, 'console');
}

/** A key that follows from the CA's (RFC 5869); of it nobody learns the CA's. */
function keyFor({ key }: Pick<Signer, 'key'>, purpose: string): Buffer {
  const { d = '' } = key.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', purpose, KEY_BYTES));
}
