import { parseTagBody } from '../../formats/flv/tag-body.ts';
import { emptyFrame, FrameKind, type Frame } from '../../media/frame.ts';
import { CONFIGURATIONS } from '../../media/testing/configurations.ts';

/** Frames as publishers send them, from bytes. */
export function frameOf(kind: FrameKind, body: Buffer, dtsMs: number): Frame {
  const frame = emptyFrame();
  if (!parseTagBody(kind, body, 0, body.length, frame)) throw new Error('not a tag body');
  frame.dtsMs = dtsMs;
  return frame;
}

export function avcConfig(configuration: Buffer = CONFIGURATIONS.h264High1080): Frame {
  const body = Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), configuration]);
  return frameOf(FrameKind.video, body, 0);
}

export function aacConfig(configuration: Buffer = CONFIGURATIONS.aacLcStereo): Frame {
  return frameOf(FrameKind.audio, Buffer.concat([Buffer.from([0xaf, 0]), configuration]), 0);
}

/** One NAL unit whose content depends on the time, so that mix-ups show. */
export function picture(dtsMs: number, isKey: boolean, bytes = 400): Frame {
  const body = Buffer.alloc(5 + 4 + bytes, Math.floor(dtsMs / 40) & 0x7f);
  body[0] = isKey ? 0x17 : 0x27;
  body[1] = 1;
  body.writeIntBE(40, 2, 3);
  body.writeUInt32BE(bytes, 5);
  body[9] = isKey ? 0x65 : 0x41;
  return frameOf(FrameKind.video, body, dtsMs >>> 0);
}

export function sound(dtsMs: number, bytes = 60): Frame {
  const body = Buffer.alloc(2 + bytes, Math.floor(dtsMs / 23) & 0xff);
  body[0] = 0xaf;
  body[1] = 1;
  return frameOf(FrameKind.audio, body, dtsMs >>> 0);
}

export function metadata(text = 'x'): Frame {
  const name = Buffer.from('\u0002\u0000\u000aonMetaData', 'latin1');
  return frameOf(FrameKind.data, Buffer.concat([name, Buffer.from(text)]), 0);
}

export interface ShowOptions {
  readonly fromMs: number;
  readonly toMs: number;
  readonly gopMs?: number;
  readonly pictureBytes?: number;
  readonly hasVideo?: boolean;
  readonly hasAudio?: boolean;
}

/** 25 pictures and about 43 sounds a second, in order of time. */
export function* show(options: ShowOptions): Generator<Frame> {
  const { fromMs, toMs, gopMs = 2_000, hasVideo = true, hasAudio = true } = options;
  let soundIndex = Math.ceil((fromMs * 48_000) / 1_024_000);
  for (let atMs = fromMs; atMs < toMs; atMs += 40) {
    const isKey = (atMs - fromMs) % gopMs === 0;
    if (hasVideo) yield picture(atMs, isKey, options.pictureBytes);
    for (; hasAudio && soundMs(soundIndex) < Math.min(atMs + 40, toMs); soundIndex += 1) {
      yield sound(soundMs(soundIndex));
    }
  }
}

function soundMs(index: number): number {
  return Math.round((index * 1_024_000) / 48_000);
}
