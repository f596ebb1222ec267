/** The few numbers of ISO/IEC 13818-1 that writer and reader share. */
export const TS_PACKET_BYTES = 188;
export const TS_HEADER_BYTES = 4;
export const TS_PAYLOAD_BYTES = TS_PACKET_BYTES - TS_HEADER_BYTES;
export const SYNC_BYTE = 0x47;

export const PAT_PID = 0;
export const PMT_PID = 0x1000;
export const VIDEO_PID = 0x100;
export const AUDIO_PID = 0x101;
export const NULL_PID = 0x1fff;

export const PAT_TABLE_ID = 0;
export const PMT_TABLE_ID = 2;
export const PROGRAM_NUMBER = 1;

/** Table 2-34, and the private values that ATSC and players agree on. */
export const StreamType = {
  mp3Mpeg1: 0x03,
  mp3Mpeg2: 0x04,
  aacAdts: 0x0f,
  h264: 0x1b,
  h265: 0x24,
  ac3: 0x81,
  eac3: 0x87,
} as const;

/** Ticks of PTS and DTS, 90 kHz; they wrap at 33 bits. */
export const TICKS_PER_MS = 90;
export const TICKS_MODULUS = 2 ** 33;
