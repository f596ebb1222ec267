import type { Amf0Object, Amf0Value } from '../../formats/amf0/value.ts';
import { writeAmf0 } from '../../formats/amf0/writer.ts';
import { rtmpMessageSize, writeRtmpMessage } from '../../formats/rtmp/chunk-writer.ts';
import {
  RTMP_COMMAND_CSID,
  RTMP_CONTROL_CSID,
  RTMP_LOG_CHUNK_BYTES,
  RTMP_LOG_CSID_DATA,
  RTMP_LOG_STREAM_ID,
  RtmpMessageType,
  UserControlEvent,
} from '../../formats/rtmp/message-type.ts';

/** Bytes after which the client should acknowledge, and we allow ourselves. */
const WINDOW_BYTES = 2_500_000;
/** RTMP 1.0 section 5.4.5: limit type dynamic. */
const LIMIT_DYNAMIC = 2;

/**
 * What a server says. Everything is written for the chunk size that
 * connectReplies announces, which therefore come first.
 */
export function connectReplies(transactionId: number): Buffer {
  return Buffer.concat([
    control(RtmpMessageType.windowAcknowledgementSize, uint32(WINDOW_BYTES)),
    control(
      RtmpMessageType.setPeerBandwidth,
      Buffer.concat([uint32(WINDOW_BYTES), Buffer.of(LIMIT_DYNAMIC)]),
    ),
    control(RtmpMessageType.setChunkSize, uint32(RTMP_LOG_CHUNK_BYTES)),
    command(
      0,
      '_result',
      transactionId,
      { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, mode: 1 },
      {
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connection succeeded.',
        objectEncoding: 0,
      },
    ),
  ]);
}

/** Answer to a call; `value` is its result. */
export function callResult(transactionId: number, value: Amf0Value): Buffer {
  return command(0, '_result', transactionId, null, value);
}

/** Answer to FCPublish and the like, which is a call of its own. */
export function callback(name: string, code: string, description: string): Buffer {
  return command(0, name, 0, null, { level: 'status', code, description });
}

export function onStatus(level: 'status' | 'error', code: string, description: string): Buffer {
  return command(RTMP_LOG_STREAM_ID, 'onStatus', 0, null, { level, code, description });
}

/** Who was cut by the rules is told their code, too. */
const CODES: Readonly<Record<string, string>> = {
  denied: 'ACCESS_REFUSED: ',
  expired: 'ACCESS_TOKEN_EXPIRED: ',
  limit: 'ACCESS_LIMIT_REACHED: ',
};

export function closedText(reason: string): string {
  return `${CODES[reason] ?? ''}Closed: ${reason}.`;
}

/** Start of playing, in the order in which Flash players expect it. */
export function playStart(name: string): Buffer {
  return Buffer.concat([
    userControl(UserControlEvent.streamBegin, RTMP_LOG_STREAM_ID),
    onStatus('status', 'NetStream.Play.Reset', `Playing and resetting ${name}.`),
    onStatus('status', 'NetStream.Play.Start', `Started playing ${name}.`),
    data('|RtmpSampleAccess', true, true),
  ]);
}

/** End of playing: different clients listen to different parts of it. */
export function playEnd(name: string): Buffer {
  return Buffer.concat([
    userControl(UserControlEvent.streamEof, RTMP_LOG_STREAM_ID),
    onStatus('status', 'NetStream.Play.UnpublishNotify', `${name} is no longer published.`),
    data('onPlayStatus', { level: 'status', code: 'NetStream.Play.Complete' }),
    onStatus('status', 'NetStream.Play.Stop', `Stopped playing ${name}.`),
  ]);
}

/** Bytes received so far, modulo 2^32. */
export function acknowledgement(receivedBytes: number): Buffer {
  return control(RtmpMessageType.acknowledgement, uint32(receivedBytes));
}

/** `value` is a stream id, or a time in ms for pings. */
export function userControl(event: number, value: number): Buffer {
  const body = Buffer.alloc(6);
  body.writeUInt16BE(event, 0);
  body.writeUInt32BE(value >>> 0, 2);
  return control(RtmpMessageType.userControl, body);
}

function control(typeId: number, body: Buffer): Buffer {
  return message(typeId, 0, RTMP_CONTROL_CSID, body);
}

function command(streamId: number, ...values: (Amf0Value | Amf0Object)[]): Buffer {
  const body = writeAmf0(...values);
  return message(RtmpMessageType.commandAmf0, streamId, RTMP_COMMAND_CSID, body);
}

function data(...values: Amf0Value[]): Buffer {
  const body = writeAmf0(...values);
  return message(RtmpMessageType.dataAmf0, RTMP_LOG_STREAM_ID, RTMP_LOG_CSID_DATA, body);
}

function message(typeId: number, streamId: number, csid: number, body: Buffer): Buffer {
  const out = Buffer.alloc(rtmpMessageSize(body.length, 0, RTMP_LOG_CHUNK_BYTES));
  const header = { typeId, streamId, csid, timestampMs: 0 };
  writeRtmpMessage(out, 0, header, body, 0, body.length, RTMP_LOG_CHUNK_BYTES);
  return out;
}

function uint32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0, 0);
  return out;
}
