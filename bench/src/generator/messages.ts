import {
  RTMP_LOG_CHUNK_BYTES,
  RTMP_LOG_STREAM_ID,
  rtmpLogCsid,
  RtmpMessageType,
  rtmpMessageSize,
  writeAmf0,
  writeRtmpMessage,
} from '@streamcluster/worker';
import type { Clip, ClipTag } from './clip.ts';

/** Bytes of a tag as an RTMP message. */
export function tagMessageSize(tag: ClipTag, timestampMs: number): number {
  return rtmpMessageSize(tag.body.length, timestampMs, RTMP_LOG_CHUNK_BYTES);
}

/** Writes so many bytes to out[at, …). */
export function writeTagMessage(out: Buffer, at: number, tag: ClipTag, timestampMs: number): void {
  const header = {
    typeId: tag.kind,
    streamId: RTMP_LOG_STREAM_ID,
    csid: rtmpLogCsid(tag.kind),
    timestampMs,
  };
  writeRtmpMessage(out, at, header, tag.body, 0, tag.body.length, RTMP_LOG_CHUNK_BYTES);
}

export function tagMessage(tag: ClipTag, timestampMs: number): Buffer {
  const out = Buffer.alloc(tagMessageSize(tag, timestampMs));
  writeTagMessage(out, 0, tag, timestampMs);
  return out;
}

/** The clip's configurations, which come before anything else. */
export function headMessages(clip: Clip): Buffer {
  return Buffer.concat(clip.head.map((tag) => tagMessage(asPublished(tag), 0)));
}

/** Metadata of a file becomes a publisher's by a word in front. */
function asPublished(tag: ClipTag): ClipTag {
  if (tag.kind !== RtmpMessageType.dataAmf0) return tag;
  return { ...tag, body: Buffer.concat([writeAmf0('@setDataFrame'), tag.body]) };
}
