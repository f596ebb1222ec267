/** What a fake worker says of itself, and how it takes being drained. */
export interface Behaviour {
  readonly publishers: number;
  readonly viewers: number;
  readonly streams: number;
  /** The stream that its viewers watch, which is published there; empty: they are only a number. */
  readonly watched: string;
  /** 0 to 1. */
  readonly loopUtilization: number;
  /** It neither reports nor answers, as one that hangs. */
  readonly isSilent: boolean;
  /** How long it drains; null: for the linger, and until it is empty or its deadline passes. */
  readonly drainMs: number | null;
}

export const IDLE: Behaviour = {
  publishers: 0,
  viewers: 0,
  streams: 0,
  watched: '',
  loopUtilization: 0.01,
  isSilent: false,
  drainMs: null,
};

/** Those with all that is given; without any of it: all. */
export interface Selection {
  readonly namespace?: string;
  readonly cluster?: string;
  readonly pod?: string;
}

export interface WorkerName {
  readonly namespace: string;
  readonly cluster: string;
  readonly pod: string;
}

/** As the others see a fake worker. */
export interface FakeWorkerState extends WorkerName {
  readonly address: string;
  readonly isDraining: boolean;
  /** Why it was told to; empty: it was not. */
  readonly drainReason: string;
  /** As strings where the wire has 64 bits. */
  readonly appliedVersion: string;
}

/** Since the start, of all workers that there were. */
export interface FakeCounts {
  readonly reports: number;
  readonly configures: number;
  readonly drains: number;
  readonly undrains: number;
  /** Ended after they had drained. */
  readonly finished: number;
}

export function matches(name: WorkerName, selection: Selection): boolean {
  const { namespace = name.namespace, cluster = name.cluster, pod = name.pod } = selection;
  return namespace === name.namespace && cluster === name.cluster && pod === name.pod;
}
