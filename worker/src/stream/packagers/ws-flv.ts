import { FLV_TAG_OVERHEAD, writeFlvTag } from '../../formats/flv/writer.ts';
import { writeWsHeader, wsFrame, wsHeaderBytes } from '../../formats/websocket/frame-writer.ts';
import { Opcode } from '../../formats/websocket/opcode.ts';
import type { Frame } from '../../media/frame.ts';
import { flvTimestampMs } from '../flv-clock.ts';
import type { Packager, Target } from './packager.ts';

/** One unmasked binary WebSocket message a frame, an FLV tag in it. */
export class WsFlvPackager implements Packager {
  readonly framing = 'ws-flv';

  size(frame: Frame): number {
    const tagBytes = FLV_TAG_OVERHEAD + frame.bodyEnd - frame.bodyStart;
    return wsHeaderBytes(tagBytes) + tagBytes;
  }

  write(target: Target, frame: Frame, dtsMs: number): number {
    const tagBytes = FLV_TAG_OVERHEAD + frame.bodyEnd - frame.bodyStart;
    const { buffer, offset } = target;
    const headerBytes = writeWsHeader(buffer, offset, Opcode.binary, tagBytes);
    return headerBytes + writeFlvTag(buffer, offset + headerBytes, frame, flvTimestampMs(dtsMs));
  }
}

/** Any bytes as one binary message. */
export function wsMessage(bytes: Buffer): Buffer {
  return wsFrame(Opcode.binary, bytes);
}
