import {
  RTMP_COMMAND_CSID,
  RTMP_CONTROL_CSID,
  RTMP_DEFAULT_CHUNK_BYTES,
  RTMP_LOG_CHUNK_BYTES,
  RTMP_LOG_STREAM_ID,
  RtmpMessageType,
  rtmpMessageSize,
  writeAmf0,
  writeRtmpMessage,
  type Amf0Value,
} from '@streamcluster/worker';

/** Transaction id of commands whose answer is an onStatus, or nothing. */
export const NO_ANSWER = 0;

/** What a publisher says once it has a message stream. */
export function publishCommands(name: string): Buffer {
  return Buffer.concat([
    command(0, 'FCPublish', NO_ANSWER, null, name),
    command(RTMP_LOG_STREAM_ID, 'publish', NO_ANSWER, null, name, 'live'),
  ]);
}

/** One command message, in chunks of the log's size. */
export function command(streamId: number, ...values: Amf0Value[]): Buffer {
  const header = { typeId: RtmpMessageType.commandAmf0, streamId, csid: RTMP_COMMAND_CSID };
  return message({ ...header, timestampMs: 0 }, writeAmf0(...values), RTMP_LOG_CHUNK_BYTES);
}

/** Tells the server that chunks are from now on as long as those of the shared log. */
export function setChunkSize(): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(RTMP_LOG_CHUNK_BYTES);
  const header = { typeId: RtmpMessageType.setChunkSize, streamId: 0, csid: RTMP_CONTROL_CSID };
  return message({ ...header, timestampMs: 0 }, body, RTMP_DEFAULT_CHUNK_BYTES);
}

function message(
  header: { typeId: number; streamId: number; csid: number; timestampMs: number },
  body: Buffer,
  chunkBytes: number,
): Buffer {
  const out = Buffer.alloc(rtmpMessageSize(body.length, 0, chunkBytes));
  writeRtmpMessage(out, 0, header, body, 0, body.length, chunkBytes);
  return out;
}
