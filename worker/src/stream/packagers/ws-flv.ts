import { FLV_TAG_OVERHEAD, writeFlvTag } from '../../formats/flv/writer.ts';
import type { Frame } from '../../media/frame.ts';
import { flvTimestampMs } from '../flv-clock.ts';
import type { Packager, Target } from './packager.ts';

/** FIN and opcode 2, RFC 6455 section 5.2. */
const BINARY_MESSAGE = 0x82;

/** One unmasked binary WebSocket message a frame, an FLV tag in it. */
export class WsFlvPackager implements Packager {
  readonly framing = 'ws-flv';

  size(frame: Frame): number {
    const tagBytes = FLV_TAG_OVERHEAD + frame.bodyEnd - frame.bodyStart;
    return messageHeaderBytes(tagBytes) + tagBytes;
  }

  write(target: Target, frame: Frame, dtsMs: number): number {
    const tagBytes = FLV_TAG_OVERHEAD + frame.bodyEnd - frame.bodyStart;
    const { buffer, offset } = target;
    const headerBytes = writeMessageHeader(buffer, offset, tagBytes);
    return headerBytes + writeFlvTag(buffer, offset + headerBytes, frame, flvTimestampMs(dtsMs));
  }
}

/** Any bytes as one binary message. */
export function wsMessage(bytes: Buffer): Buffer {
  const out = Buffer.alloc(messageHeaderBytes(bytes.length) + bytes.length);
  bytes.copy(out, writeMessageHeader(out, 0, bytes.length));
  return out;
}

function messageHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}

function writeMessageHeader(out: Buffer, at: number, payloadBytes: number): number {
  const headerBytes = messageHeaderBytes(payloadBytes);
  out[at] = BINARY_MESSAGE;
  if (headerBytes === 2) out[at + 1] = payloadBytes;
  if (headerBytes === 4) {
    out[at + 1] = 126;
    out.writeUInt16BE(payloadBytes, at + 2);
  }
  if (headerBytes === 10) {
    out[at + 1] = 127;
    out.writeUInt32BE(0, at + 2);
    out.writeUInt32BE(payloadBytes, at + 6);
  }
  return headerBytes;
}
