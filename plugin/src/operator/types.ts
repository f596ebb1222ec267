import type { Condition } from '../kube/types.ts';

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
  readonly loadOverMean?: number;
  readonly accepting?: string;
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

/** How a publisher sends. */
export interface Health {
  readonly framesPerSecond?: number;
  readonly keyIntervalMs?: number;
  readonly driftMs?: number;
  readonly gaps?: number;
  readonly stepsBack?: number;
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
  /** Null: nobody publishes. */
  readonly health?: Health | null;
  /** Of its publisher. True is good. */
  readonly conditions?: readonly Condition[];
}

/** A play or publish. */
export interface SessionItem {
  readonly id: string;
  readonly stream: string;
  readonly action?: string;
  readonly protocol?: string;
  readonly address?: string;
  readonly userAgent?: string;
  readonly startedUnixMs?: number;
  readonly bytes?: number;
  readonly areBytesEstimated?: boolean;
  readonly workers?: readonly string[];
}

export interface SessionPage {
  readonly items: readonly SessionItem[];
  readonly total?: number;
  readonly page?: string;
  readonly unreached?: readonly string[];
}

export interface KickAnswer {
  readonly workers?: readonly string[];
  readonly ban?: { readonly address: string; readonly userAgent: string } | null;
  readonly unreached?: readonly string[];
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

/** A change of who serves a stream. */
export interface ChangeItem {
  readonly stream: string;
  readonly kind: string;
  readonly home: { readonly before: string; readonly after: string };
  readonly replicas: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly why: string;
  readonly outcome: string;
}

export interface PlanItem {
  readonly id: string;
  readonly unixMs: number;
  readonly reason: string;
  readonly message: string;
  readonly before: Balance;
  readonly after: Balance;
  readonly summary: string;
  readonly done: number;
  readonly total: number;
  readonly changes: readonly ChangeItem[];
}

export interface RebalanceItem {
  readonly mode: string;
  readonly viewers: string;
  readonly maxImbalance: number;
  readonly maxMovesPercent: number;
  readonly isFrozen: boolean;
  readonly plan: PlanItem | null;
  readonly running: readonly ChangeItem[];
  readonly steeredOff: readonly string[];
  readonly recent: readonly PlanItem[];
}

/** A worker that has a stream, and who pulls it from there. */
export interface RelayNode {
  readonly worker: string;
  readonly role: string;
  readonly viewers: number;
  readonly pulledBy: readonly RelayNode[];
}

/** One stream in full. */
export interface StreamDetail extends StreamItem {
  readonly epoch?: number;
  readonly tree?: readonly RelayNode[];
  /** Null: none is known. */
  readonly decision?: {
    readonly unixMs: number;
    readonly kind: string;
    readonly why: string;
    readonly outcome: string;
  } | null;
}
