/**
 * What work costs a worker's CPU. Each weight is worked out from measured cases
 * of docs/performance.md, named by their keys; load-weights.test.ts compares
 * both. What matters for placement are the relations between weights.
 */
export const LOAD_WEIGHTS = {
  /**
   * One send to a viewer's socket, whatever its size. A-tick-100 takes 88 us a
   * viewer and second for 10.08 sends of 0.25 MB in all, A-load-2000x7.5 takes
   * 151 us for 10.05 sends of 0.94 MB: two equations, solved for this and the next.
   * RTMP costs the same (B: 102 us), and so does WebSocket, whose framing is in the log.
   */
  sendUs: 6.46,
  /** A byte of it: the viewers of a tick share what lies in the CPU's cache. */
  sentByteNs: 0.0916,
  /** An answer of a few hundred bytes from memory, as a playlist. D: 23.2 % for 20,000 a second. */
  answerUs: 11.6,
  /** A byte of an HLS segment, sent in one go, its sends in it. E: 107 us for 512 KB less one answer. */
  segmentByteNs: 0.182,
  /** A byte that is encrypted, on top. F-flv less A: 0.64; F-hls less E: 0.75; the mean. */
  tlsByteNs: 0.7,
  /** A message of a publisher: read, parsed, timed, written. C, ticks as they come: 17.0 % for 30,618 a second. */
  messageUs: 5.55,
  /** A UDP packet to a viewer, sent in batches (GSO). Of a prototype; no case measures it yet. */
  packetUs: 0.51,
} as const;

/** At the longest tick of a worker: work is compared as if all were as busy. Who
 * has room sends more often than it must, so its busy share says too much. */
export const SENDS_PER_SECOND = 6.25;
/** A viewer with so much to send does not wait for its tick. */
export const SENT_AT_ONCE_BYTES = 131_072;
/** Relays are always served at the shortest tick. */
export const RELAY_SENDS_PER_SECOND = 50;
/** Thirty pictures and as many sounds, as the publishers of case C. */
export const MESSAGES_PER_SECOND = 61;
/** `streams.hls.segmentSeconds`, by default. */
export const SEGMENT_SECONDS = 2;
/** What fits into a UDP packet on any path: seven TS packets. */
export const PACKET_BYTES = 1_316;
