export interface AutoscaleSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly streamsPerWorker: number;
  /** Streams that fit before another worker is needed. */
  readonly bufferStreams: number;
  readonly scaleDownStabilizationSeconds: number;
}

/** A recommendation of the past, kept while it is within the window. */
export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

export interface AutoscaleResult {
  readonly replicas: number;
  readonly history: readonly Recommendation[];
  /** What held the number that the formula gave, if something did. */
  readonly limitedBy: 'MinReplicas' | 'MaxReplicas' | 'ScaleDownWindow' | undefined;
}

/** ceil((streams + buffer) / streamsPerWorker), unbounded. */
export function neededWorkers(spec: AutoscaleSpec, streams: number): number {
  return Math.ceil((streams + spec.bufferStreams) / spec.streamsPerWorker);
}

/**
 * Up at once; down to the highest number recommended within the window.
 * `history` is the previous result's, empty at first.
 */
export function autoscale(
  spec: AutoscaleSpec,
  streams: number,
  history: readonly Recommendation[],
  nowMs: number,
): AutoscaleResult {
  const needed = neededWorkers(spec, streams);
  const bounded = Math.min(spec.maxReplicas, Math.max(spec.minReplicas, needed));
  const windowMs = spec.scaleDownStabilizationSeconds * 1000;
  const recent = history.filter(({ atMs }) => nowMs - atMs < windowMs);
  const highest = recent.reduce((most, { replicas }) => Math.max(most, replicas), bounded);
  const replicas = Math.min(highest, spec.maxReplicas);
  return {
    replicas,
    history: appended(recent, { atMs: nowMs, replicas: bounded }),
    limitedBy: limit(needed, bounded, replicas),
  };
}

/** A higher or equal number later outlasts every lower one before it. */
function appended(
  recent: readonly Recommendation[],
  next: Recommendation,
): readonly Recommendation[] {
  return [...recent.filter(({ replicas }) => replicas > next.replicas), next];
}

function limit(needed: number, bounded: number, replicas: number): AutoscaleResult['limitedBy'] {
  if (replicas > bounded) return 'ScaleDownWindow';
  if (needed > bounded) return 'MaxReplicas';
  return needed < bounded ? 'MinReplicas' : undefined;
}
