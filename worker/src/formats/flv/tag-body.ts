import { FrameKind, type Frame } from '../../media/frame.ts';
import { parseAudioBody } from './audio-body.ts';
import { setFrame } from './set-frame.ts';
import { parseVideoBody } from './video-body.ts';

/**
 * Reads the header of an FLV tag body, which is also an RTMP message body:
 * body[start, end). Fills `out` but for dtsMs, which the caller sets.
 *
 * False means malformed or not supported (Sorenson, VP6, Speex, further tracks
 * of multitrack …); `out` is then untouched. Messages that carry neither
 * picture, sound nor configuration (HDR metadata, channel order) have codec
 * `unknown`: FLV players get them, other packagers leave them out. isKey is
 * true only for video pictures, never for configurations.
 */
export function parseTagBody(
  kind: FrameKind,
  body: Buffer,
  start: number,
  end: number,
  out: Frame,
): boolean {
  if (end <= start) return false;
  if (kind === FrameKind.video) return parseVideoBody(body, start, end, out);
  if (kind === FrameKind.audio) return parseAudioBody(body, start, end, out);
  setFrame(out, kind, 'unknown', body, start, end, start);
  return true;
}
