/** Answers of the operator's JSON API, as far as the plugin reads them. Fields
 * that an older operator does not have are undefined. */
export interface WorkerItem {
  readonly id: string;
  readonly state: string;
  readonly slot?: number;
  readonly node?: string;
  readonly isOutdated?: boolean;
  readonly drainAsked?: string;
  readonly cpus?: readonly number[];
  readonly allowedCpus?: readonly number[];
  readonly loopCpu?: number;
  readonly numaNode?: number;
  readonly numaAlignment?: string;
  readonly loopUtilization?: number;
  readonly streams?: number;
  readonly publishers?: number;
  readonly viewers?: number;
  readonly bytesInPerSecond?: number;
  readonly bytesOutPerSecond?: number;
  readonly rssBytes?: number;
}

export interface Track {
  readonly kind?: string;
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
}

export interface StreamItem {
  readonly name: string;
  readonly state?: string;
  readonly home?: string;
  readonly ingest?: string;
  readonly replicas?: readonly string[];
  readonly viewers?: number;
  readonly bitsPerSecond?: number;
  readonly tracks?: readonly Track[];
  readonly startedUnixMs?: number;
}

export interface StreamPage {
  readonly items: readonly StreamItem[];
  readonly total?: number;
  readonly continue?: string;
}

export interface Balance {
  readonly maxLoad: number;
  readonly meanLoad: number;
  readonly maxOverMean: number;
}

export interface RebalanceItem {
  readonly mode: string;
  readonly maxImbalance: number;
  readonly maxMovesPercent: number;
  readonly reason: string;
  readonly message: string;
  readonly before: Balance;
  readonly after: Balance;
  readonly moves: readonly {
    readonly stream: string;
    readonly from: string;
    readonly to: string;
    readonly load: number;
    readonly fromLoad: { readonly before: number; readonly after: number };
    readonly toLoad: { readonly before: number; readonly after: number };
    readonly why: string;
  }[];
}
