/** RTMP message types (RTMP 1.0 sections 5.4 and 7.1). */
export const RtmpMessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
  aggregate: 22,
} as const;

/** Event types of a user control message (RTMP 1.0 section 7.1.7). */
export const UserControlEvent = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

/**
 * What a shared log of chunks fixes for everyone who reads it: the chunk size,
 * the message stream, and a chunk stream for each kind of message.
 */
export const RTMP_LOG_CHUNK_BYTES = 65_536;
export const RTMP_LOG_STREAM_ID = 1;
const RTMP_LOG_CSID_AUDIO = 4;
export const RTMP_LOG_CSID_DATA = 5;
const RTMP_LOG_CSID_VIDEO = 6;
/** Protocol control messages must use this one (RTMP 1.0 section 5.4). */
export const RTMP_CONTROL_CSID = 2;
export const RTMP_COMMAND_CSID = 3;
/** Until a Set Chunk Size message (RTMP 1.0 section 5.4.1). */
export const RTMP_DEFAULT_CHUNK_BYTES = 128;

/** Chunk stream of the shared log for an FLV tag type. */
export function rtmpLogCsid(kind: number): number {
  if (kind === RtmpMessageType.audio) return RTMP_LOG_CSID_AUDIO;
  return kind === RtmpMessageType.video ? RTMP_LOG_CSID_VIDEO : RTMP_LOG_CSID_DATA;
}
