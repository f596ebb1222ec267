import { emptyTagView, readFlvTag } from '../flv/tag-view.ts';
import type { RtmpMessageSink } from './chunk-reader.ts';

const view = emptyTagView();

/**
 * Splits an aggregate message (RTMP 1.0 section 7.1.6): FLV tags one after the
 * other. Their timestamps count from the first one's, the message's own is the
 * first one's true time. False when the last tag is cut or something else
 * than media is inside; the tags before it were handed over.
 */
export function splitAggregate(
  sink: RtmpMessageSink,
  streamId: number,
  timestampMs: number,
  buf: Buffer,
  start: number,
  end: number,
): boolean {
  let offsetMs = Number.NaN;
  let at = start;
  while (at < end) {
    const size = readFlvTag(buf, at, end, view);
    if (size === 0 || !isMedia(view.kind)) return false;
    if (Number.isNaN(offsetMs)) offsetMs = timestampMs - view.timestampMs;
    const tagTime = (view.timestampMs + offsetMs) >>> 0;
    sink.onMessage(view.kind, streamId, tagTime, buf, view.bodyStart, view.bodyEnd);
    at += size;
  }
  return true;
}

function isMedia(kind: number): boolean {
  return kind === 8 || kind === 9 || kind === 18;
}
