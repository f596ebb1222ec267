import type { PlacementPolicy } from '@streamcluster/placement';
import { DEFAULT_STREAMS_CONFIG, type StreamsConfig } from '../stream/streams-config.ts';

/** What of a StreamCluster's spec reached this worker; changes while it runs. */
export interface Settings {
  streams: StreamsConfig;
  placementPolicy: PlacementPolicy;
  /** Generation of the StreamCluster; 0 before the first Configure. */
  appliedVersion: number;
}

export function defaultSettings(): Settings {
  return { streams: DEFAULT_STREAMS_CONFIG, placementPolicy: 'Random', appliedVersion: 0 };
}
