/** Bounds of one RTMP connection. Times in ms. */
export interface RtmpLimits {
  /** From the first byte, or the end of a role, to publish or play. */
  readonly setUpMs: number;
  /** Without a media message. */
  readonly publisherIdleMs: number;
  readonly pingIntervalMs: number;
  /** Commands in the life of a connection. */
  readonly maxCommands: number;
  readonly maxCommandBytes: number;
  /** Bytes kept while the cluster decides about a publisher. */
  readonly maxHeldBytes: number;
}

export const DEFAULT_RTMP_LIMITS: RtmpLimits = {
  setUpMs: 10_000,
  publisherIdleMs: 30_000,
  pingIntervalMs: 30_000,
  maxCommands: 1000,
  maxCommandBytes: 64 * 1024,
  maxHeldBytes: 4 * 1024 * 1024,
};
