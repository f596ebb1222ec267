import { FrameKind } from '../media/frame.ts';
import { walkFlvLog } from './flv-walk.ts';
import type { PackagedLog } from './packaged-log.ts';
import type { TrackHistory } from './tracks.ts';
import { startBytes } from './viewer-start.ts';

/** FLV: the configurations and the newest key frame, a picture for whoever decodes it.
 * Undefined: there is none. */
export function newestPicture(main: PackagedLog, tracks: TrackHistory): Buffer | undefined {
  const start = main.starts.newest();
  if (start === undefined) return undefined;
  const tag = keyFrameTag(main, start.position);
  return tag && Buffer.concat([startBytes('flv', main.packager, tracks, start), tag]);
}

/** The first frame of video from there on, copied; it may be none to start with. */
function keyFrameTag({ log }: PackagedLog, position: number): Buffer | undefined {
  let begin = -1;
  let end = -1;
  walkFlvLog(log, position, (frame, at, isReadable) => {
    const isPicture = isReadable && frame.kind === FrameKind.video && frame.isKey;
    if (begin >= 0 && end < 0) end = at;
    if (begin < 0 && isPicture && !frame.isConfig) begin = at;
    return end < 0;
  });
  const extent = begin < 0 ? undefined : log.locate(begin);
  if (extent === undefined) return undefined;
  const last = Math.min(end < 0 ? log.head : end, extent.start + extent.used);
  return Buffer.from(extent.buffer.subarray(begin - extent.start, last - extent.start));
}
