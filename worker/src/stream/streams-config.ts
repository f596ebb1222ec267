/** What of a StreamCluster's spec.streams concerns a worker. */
export interface StreamsConfig {
  readonly publisherGraceSeconds: number;
  readonly maxLagSeconds: number;
  /** How long a viewer may wait for a stream that nobody publishes yet. */
  readonly waitForPublisherSeconds: number;
  readonly hls: { readonly segmentSeconds: number; readonly segments: number };
}

export const DEFAULT_STREAMS_CONFIG: StreamsConfig = {
  publisherGraceSeconds: 15,
  maxLagSeconds: 5,
  waitForPublisherSeconds: 0,
  hls: { segmentSeconds: 2, segments: 6 },
};
