import { HANDSHAKE_BYTES } from '../digest.ts';

/**
 * All that real publishers sent in one short session each, with the same
 * file: ffmpeg 5.1, librtmp (as OBS uses it) and GStreamer's own rtmp2sink.
 */
export const CAPTURES = {
  ffmpeg: new URL('../testdata/ffmpeg-publish.bin', import.meta.url),
  librtmp: new URL('../testdata/librtmp-publish.bin', import.meta.url),
  gstreamer: new URL('../testdata/gstreamer-publish.bin', import.meta.url),
} as const;

/** Behind C0, C1 and C2. */
export const CHUNKS_AT = 1 + 2 * HANDSHAKE_BYTES;
