import type { Frame } from '../../media/frame.ts';
import { FLV_TAG_OVERHEAD, writeFlvTag } from '../flv/writer.ts';
import type { RelayHello } from './hello.ts';
import {
  RELAY_LENGTH_BYTES,
  RELAY_RECORD_OVERHEAD,
  RELAY_SEQUENCE_BYTES,
  RelayKind,
  type RelayState,
} from './record.ts';
import type { SegmentMark } from './segment-mark.ts';

/** Bytes of a frame's record. */
export function relayFrameSize(frame: Frame): number {
  const bodyBytes = frame.bodyEnd - frame.bodyStart;
  return RELAY_RECORD_OVERHEAD + RELAY_SEQUENCE_BYTES + FLV_TAG_OVERHEAD + bodyBytes;
}

/** Writes a frame's record at out[at] and returns its size. */
export function writeRelayFrame(
  out: Buffer,
  at: number,
  frame: Frame,
  sequence: number,
  timestampMs: number,
): number {
  const size = relayFrameSize(frame);
  out.writeUInt32BE(size - RELAY_LENGTH_BYTES, at);
  out[at + RELAY_LENGTH_BYTES] = RelayKind.frame;
  out.writeUIntBE(sequence, at + RELAY_RECORD_OVERHEAD, RELAY_SEQUENCE_BYTES);
  const tagAt = at + RELAY_RECORD_OVERHEAD + RELAY_SEQUENCE_BYTES;
  writeFlvTag(out, tagAt, frame, timestampMs);
  return size;
}

export function relayHelloRecord(hello: RelayHello): Buffer {
  return jsonRecord(RelayKind.hello, hello);
}

export function relayMarkRecord(mark: SegmentMark): Buffer {
  return jsonRecord(RelayKind.mark, mark);
}

export function relayStateRecord(state: RelayState): Buffer {
  return jsonRecord(RelayKind.state, { state });
}

export function relayHeartbeatRecord(): Buffer {
  return record(RelayKind.heartbeat, Buffer.alloc(0));
}

function jsonRecord(kind: RelayKind, value: object): Buffer {
  return record(kind, Buffer.from(JSON.stringify(value)));
}

function record(kind: RelayKind, payload: Buffer): Buffer {
  const head = Buffer.alloc(RELAY_RECORD_OVERHEAD);
  head.writeUInt32BE(1 + payload.length, 0);
  head[RELAY_LENGTH_BYTES] = kind;
  return Buffer.concat([head, payload]);
}
