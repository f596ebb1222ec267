import type { PlacementPolicy } from '@streamcluster/placement';
import { DEFAULT_STREAMS_CONFIG, type StreamsConfig } from '../stream/streams-config.ts';

export interface DrainSeconds {
  readonly deadlineSeconds: number;
  readonly publisherGraceSeconds: number;
  /** How long the doors stay open: balancers need a while to hear of a drain. */
  readonly lingerSeconds: number;
}

/** What of a StreamCluster's spec reached this worker; changes while it runs. */
export interface Settings {
  streams: StreamsConfig;
  placementPolicy: PlacementPolicy;
  /** For drains by SIGTERM; undefined: as the process was started with. */
  drain: DrainSeconds | undefined;
  /** Generation of the StreamCluster; 0 before the first Configure. */
  appliedVersion: number;
  /** Names the key of HLS segments that was told; 0: none. */
  hlsKeyId: number;
}

export function defaultSettings(): Settings {
  return {
    streams: DEFAULT_STREAMS_CONFIG,
    placementPolicy: 'Random',
    drain: undefined,
    appliedVersion: 0,
    hlsKeyId: 0,
  };
}
