/**
 * The framing between two workers, a log of its own kind:
 *
 *   length(32) kind(8) payload(length - 1)
 *
 *   hello      JSON, see hello.ts; first on every connection
 *   frame      sequence(48) and an FLV tag, its previous-tag-size with it
 *   mark       JSON SegmentMark; the frame it names comes next
 *   state      JSON {"state":"live" | "waiting" | "ended"}
 *   heartbeat  empty; sent while no frame comes
 *
 * Numbers are big-endian. A reader skips kinds that it does not know, so that
 * workers of two versions understand each other.
 */
export const RelayKind = { hello: 1, frame: 2, mark: 3, state: 4, heartbeat: 5 } as const;
export type RelayKind = (typeof RelayKind)[keyof typeof RelayKind];

/** Length and kind. */
export const RELAY_RECORD_OVERHEAD = 5;
/** The length field does not count itself. */
export const RELAY_LENGTH_BYTES = 4;
export const RELAY_SEQUENCE_BYTES = 6;
/** An FLV tag's body has at most 2^24 bytes. */
export const RELAY_MAX_FRAME_BYTES = 2 ** 24 + 64;
/** Of all other records. */
export const RELAY_MAX_JSON_BYTES = 2 ** 20;

export type RelayState = 'live' | 'waiting' | 'ended';

export function isRelayState(value: unknown): value is RelayState {
  return value === 'live' || value === 'waiting' || value === 'ended';
}
