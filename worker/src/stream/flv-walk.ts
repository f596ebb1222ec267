import type { EngineLog } from '../engine/engine.ts';
import { parseTagBody } from '../formats/flv/tag-body.ts';
import { emptyTagView, readFlvTag } from '../formats/flv/reader.ts';
import { emptyFrame, type Frame, type FrameKind } from '../media/frame.ts';

/** Called with a reused frame; dtsMs is the tag's timestamp. False: no more of them. */
export type TagVisitor = (frame: Frame, position: number, isReadable: boolean) => unknown;

/** Reads back the tags of an FLV log from position on to its head. */
export function walkFlvLog(log: EngineLog, position: number, visit: TagVisitor): void {
  const tag = emptyTagView();
  const frame = emptyFrame();
  const head = log.head;
  let next = position;
  while (next < head) {
    const extent = log.locate(next);
    if (extent === undefined) return;
    const size = readFlvTag(extent.buffer, next - extent.start, extent.used, tag);
    if (size === 0) return;
    const kind = tag.kind as FrameKind;
    const readable = parseTagBody(kind, extent.buffer, tag.bodyStart, tag.bodyEnd, frame);
    frame.dtsMs = tag.timestampMs;
    if (visit(frame, next, readable) === false) return;
    next += size;
  }
}
