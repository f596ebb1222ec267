import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rawFrameHashes, y4mFrameHashes } from '../content/raw-frames.ts';
import { Child } from '../harness/child.ts';

/** VLC refuses to run as root. */
const NOBODY = 65_534;

/** A player that is not ours and not ffmpeg, and the pictures it made. */
export interface OtherPlayer {
  readonly child: Child;
  /** MD5 of each picture that it showed, in order; to be asked once. */
  shown(): string[];
}

/**
 * VLC, with every picture that it would show written to a file. As nobody it may
 * not enter the checkout, so the file is in the system's temporary folder.
 */
export function vlc(url: string, frameBytes: number): OtherPlayer {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vlc-'));
  fs.chmodSync(home, 0o777);
  const file = path.join(home, 'shown.y4m');
  const args = [
    ...['-I', 'dummy', '--no-audio', '--vout', 'yuv', '--yuv-file', file],
    ...[
      '--no-video-title-show',
      '--no-drop-late-frames',
      '--no-skip-frames',
      '--no-avcodec-hurry-up',
      '--play-and-exit',
      url,
      'vlc://quit',
    ],
  ];
  const isRoot = process.getuid?.() === 0;
  const options = {
    env: { ...process.env, HOME: home },
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  };
  const child = new Child('cvlc', args, options);
  const shown = (): string[] => {
    try {
      return y4mFrameHashes(file, frameBytes);
    } finally {
      fs.rmSync(home, { recursive: true });
    }
  };
  return { child, shown };
}

export type GStreamerSource = 'rtmp' | 'flv' | 'hls';

/** A GStreamer pipeline, decoding with its own parsers. */
export function gstreamer(
  kind: GStreamerSource,
  url: string,
  folder: string,
  frameBytes: number,
): OtherPlayer {
  const file = path.join(fs.mkdtempSync(path.join(folder, 'gst-')), 'shown.yuv');
  const source = {
    rtmp: `rtmpsrc location=${url} ! flvdemux name=d`,
    flv: `souphttpsrc location=${url} is-live=true ! flvdemux name=d`,
    hls: `souphttpsrc location=${url} ! hlsdemux ! tsdemux name=d`,
  }[kind];
  const video = 'd. ! queue ! h264parse ! avdec_h264 ! video/x-raw,format=I420';
  const pipeline = `${source} ${video} ! filesink location=${file} d. ! queue ! aacparse ! fakesink`;
  const child = new Child('gst-launch-1.0', ['-q', ...pipeline.split(' ')]);
  return { child, shown: () => rawFrameHashes(file, frameBytes) };
}

/** rtmpdump (librtmp), writing an FLV file. */
export function rtmpdump(url: string, file: string): Child {
  return new Child('rtmpdump', ['-q', '-v', '-r', url, '-o', file]);
}
