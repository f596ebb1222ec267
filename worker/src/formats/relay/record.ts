/**
 * The framing between two workers, a log of its own kind:
 *
 *   length(32) kind(8) payload(length)
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

export const RELAY_RECORD_OVERHEAD = 5;
export const RELAY_SEQUENCE_BYTES = 6;
/** An FLV tag's body has at most 2^24 bytes. */
export const RELAY_MAX_PAYLOAD_BYTES = 2 ** 24 + 64;

export type RelayState = 'live' | 'waiting' | 'ended';

export function isRelayState(value: unknown): value is RelayState {
  return value === 'live' || value === 'waiting' || value === 'ended';
}
