/**
 * The neutral unit in which all protocols meet: one coded audio or video
 * access unit, or a data message, of one stream.
 *
 * Media is stored once, as FLV, so a frame always carries its FLV tag body
 * (Adobe FLV 10.1 annex E.4, and enhanced RTMP v2), and says where the coded
 * data begin in it. Frames are reused by whoever makes them: they, and the
 * bytes they point at, are valid only during the call they are passed to.
 */

/** Values are FLV tag types and RTMP message types. */
export const FrameKind = { audio: 8, video: 9, data: 18 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export type VideoCodec = 'h264' | 'h265' | 'av1' | 'vp9' | 'vp8';
export type AudioCodec = 'aac' | 'opus' | 'mp3' | 'ac3' | 'eac3' | 'flac';
export type Codec = VideoCodec | AudioCodec | 'unknown';

export interface Frame {
  kind: FrameKind;
  codec: Codec;
  /** Decode time, ms, 0 to 2^32-1 as received; unwrapped by the timeline. */
  dtsMs: number;
  /** Presentation minus decode time, ms; may be negative. */
  compositionMs: number;
  isKey: boolean;
  /** A decoder configuration (avcC, hvcC, AudioSpecificConfig …), no picture or sound. */
  isConfig: boolean;
  /** The codec's end of sequence: carries no picture. */
  isEnd: boolean;
  /** The FLV tag body is body[bodyStart, bodyEnd). */
  body: Buffer;
  bodyStart: number;
  bodyEnd: number;
  /** Coded data (length-prefixed NAL units, raw AAC frame, configuration
   * record …) are body[dataStart, bodyEnd). */
  dataStart: number;
}

/** A frame with every field set, so that all frames share one hidden class. */
export function emptyFrame(): Frame {
  return {
    kind: FrameKind.data,
    codec: 'unknown',
    dtsMs: 0,
    compositionMs: 0,
    isKey: false,
    isConfig: false,
    isEnd: false,
    body: EMPTY,
    bodyStart: 0,
    bodyEnd: 0,
    dataStart: 0,
  };
}

const EMPTY = Buffer.alloc(0);
