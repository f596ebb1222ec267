import type { Codec, Frame, FrameKind } from '../../media/frame.ts';

/** Sets all that every frame needs; flags are reset. */
export function setFrame(
  out: Frame,
  kind: FrameKind,
  codec: Codec,
  body: Buffer,
  start: number,
  end: number,
  dataStart: number,
): void {
  out.kind = kind;
  out.codec = codec;
  out.compositionMs = 0;
  out.isKey = false;
  out.isConfig = false;
  out.isEnd = false;
  out.body = body;
  out.bodyStart = start;
  out.bodyEnd = end;
  out.dataStart = dataStart;
}
