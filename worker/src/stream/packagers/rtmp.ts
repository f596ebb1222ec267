import { rtmpMessageSize, writeRtmpMessage } from '../../formats/rtmp/chunk-writer.ts';
import {
  RTMP_LOG_CHUNK_BYTES,
  RTMP_LOG_STREAM_ID,
  rtmpLogCsid,
} from '../../formats/rtmp/message-type.ts';
import type { Frame } from '../../media/frame.ts';
import { flvTimestampMs } from '../flv-clock.ts';
import type { Packager, Target } from './packager.ts';

/** One RTMP message a frame, cut into the chunks that all players share. */
export class RtmpPackager implements Packager {
  readonly framing = 'rtmp';
  private readonly header = { typeId: 0, streamId: RTMP_LOG_STREAM_ID, csid: 0, timestampMs: 0 };

  size(frame: Frame, dtsMs: number): number {
    const bodyBytes = frame.bodyEnd - frame.bodyStart;
    return rtmpMessageSize(bodyBytes, flvTimestampMs(dtsMs), RTMP_LOG_CHUNK_BYTES);
  }

  write(target: Target, frame: Frame, dtsMs: number): number {
    const { header } = this;
    header.typeId = frame.kind;
    header.csid = rtmpLogCsid(frame.kind);
    header.timestampMs = flvTimestampMs(dtsMs);
    return writeRtmpMessage(
      target.buffer,
      target.offset,
      header,
      frame.body,
      frame.bodyStart,
      frame.bodyEnd,
      RTMP_LOG_CHUNK_BYTES,
    );
  }
}
