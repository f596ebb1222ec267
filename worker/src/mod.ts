/** The door for the load generator and the end-to-end tests. */
export type {
  CloseReason,
  Connection,
  ConnectionHandler,
  Engine,
  EngineLog,
  EngineStats,
} from './engine/engine.ts';
export { createEngine, DEFAULT_ENGINE_OPTIONS } from './engine/native.ts';
export { asAmf0Object, type Amf0Value } from './formats/amf0/value.ts';
export { readAmf0 } from './formats/amf0/reader.ts';
export { writeAmf0 } from './formats/amf0/writer.ts';
export { FlvReader, type FlvSink } from './formats/flv/reader.ts';
export { RtmpChunkReader } from './formats/rtmp/chunk-reader.ts';
export { rtmpMessageSize, writeRtmpMessage } from './formats/rtmp/chunk-writer.ts';
export { ClientHandshake } from './formats/rtmp/handshake.ts';
export {
  RTMP_COMMAND_CSID,
  RTMP_CONTROL_CSID,
  RTMP_DEFAULT_CHUNK_BYTES,
  RTMP_LOG_CHUNK_BYTES,
  RTMP_LOG_STREAM_ID,
  rtmpLogCsid,
  RtmpMessageType,
} from './formats/rtmp/message-type.ts';
