import { flvFileHeader } from '../formats/flv/writer.ts';
import { parseTagBody } from '../formats/flv/tag-body.ts';
import { emptyFrame, FrameKind, type Frame } from '../media/frame.ts';
import type { Packager } from './packagers/packager.ts';
import { wsMessage } from './packagers/ws-flv.ts';
import type { TrackEntry, TrackHistory } from './tracks.ts';
import type { ViewerProtocol } from './viewer.ts';

/** Where in a stream a viewer starts or goes on. */
export interface StartMoment {
  readonly sequence: number;
  readonly dtsMs: number;
}

/** Metadata and configurations in force at a moment, as records of a log. */
export function configurationRecords(
  packager: Packager,
  tracks: TrackHistory,
  moment: StartMoment,
): Buffer {
  const { metadata } = tracks;
  const frames = tracks
    .forViewer(moment.sequence)
    .filter(({ isConfig }) => isConfig)
    .map(({ kind, body }) => frameOf(kind, body));
  if (metadata !== undefined) frames.unshift(frameOf(FrameKind.data, metadata));
  return Buffer.concat(frames.map((frame) => packed(packager, frame, moment)));
}

/** What a viewer gets before the first record of the log. */
export function startBytes(
  protocol: ViewerProtocol,
  packager: Packager,
  tracks: TrackHistory,
  moment: StartMoment,
): Buffer {
  const records = configurationRecords(packager, tracks, moment);
  const header = fileHeader(tracks.newest());
  if (protocol === 'flv') return Buffer.concat([header, records]);
  if (protocol === 'ws-flv') return Buffer.concat([wsMessage(header), records]);
  return records;
}

function fileHeader(entries: readonly TrackEntry[]): Buffer {
  const has = (kind: FrameKind): boolean => entries.some((entry) => entry.kind === kind);
  return flvFileHeader(has(FrameKind.audio), has(FrameKind.video));
}

function frameOf(kind: FrameKind, body: Buffer): Frame {
  const frame = emptyFrame();
  parseTagBody(kind, body, 0, body.length, frame);
  frame.kind = kind;
  frame.body = body;
  frame.bodyStart = 0;
  frame.bodyEnd = body.length;
  return frame;
}

/**
 * Metadata has time 0 whenever it comes: FFmpeg takes it for a subtitle track
 * otherwise (libavformat/flvdec.c), and VLC waits for that track's first line.
 */
function packed(packager: Packager, frame: Frame, moment: StartMoment): Buffer {
  const dtsMs = frame.kind === FrameKind.data ? 0 : moment.dtsMs;
  const buffer = Buffer.alloc(packager.size(frame, dtsMs));
  const target = { buffer, offset: 0 };
  const bytes = packager.write(target, frame, dtsMs, moment.sequence);
  return buffer.subarray(0, bytes);
}
