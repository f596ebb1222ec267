import type { StreamServers } from './relay-tree.ts';
import { HEADROOM_LOAD } from './worker-load.ts';
import { feedLoad, intakeLoad, isLongLived, viewerLoad } from './traffic-load.ts';

/** A stream on a worker, as its load report says. */
export interface ReportedStream {
  readonly stream: string;
  /** The publisher's connection is here. */
  readonly isIngest: boolean;
  readonly bitsPerSecond: number;
  /** By protocol; `relay` counts workers that pull from here. */
  readonly viewers: Readonly<Record<string, number>>;
  /** Those of them who are here over TLS. */
  readonly encrypted?: Readonly<Record<string, number>>;
}

/** Whether new connections of users reach a worker. `Steered`: not for now, for
 * balance. `No`: not any more, because it is to be replaced or drains. */
export type Accepting = 'Yes' | 'Steered' | 'No';

/** What is known of a worker. */
export interface ReportedWorker {
  readonly id: string;
  /** Busy share of the loop's CPU as measured, 0 to 1: for headroom, not for balance. */
  readonly busy: number;
  /** Of its last report, up to a bound. */
  readonly streams: readonly ReportedStream[];
  /** workerLoad of the report before; undefined: there was none. */
  readonly previousLoad: number | undefined;
  /** Viewers of all its streams by protocol; for those that the report leaves out. */
  readonly viewersByProtocol?: Readonly<Record<string, number>>;
  readonly accepting: Accepting;
  readonly isDraining: boolean;
  /** No report for so long that its load is not known any more. */
  readonly isSilent: boolean;
}

/** A worker's part in a stream; loads are shares of a CPU. */
export interface StreamPart {
  readonly worker: string;
  /** Other workers that pull from here. */
  readonly relays: number;
  readonly relaysLoad: number;
  /** Taking it in, from the publisher or by a relay. */
  readonly intakeLoad: number;
  /** By a relay, so that it ends where nobody reads. */
  readonly isPulled: boolean;
  /** Viewers who stay connected for as long as they watch. */
  readonly stayingLoad: number;
  /** Viewers who ask anew every few seconds, and go where they are sent. */
  readonly askingLoad: number;
}

export interface WorkerPicture extends Omit<ReportedWorker, 'streams' | 'viewersByProtocol'> {
  readonly load: number;
}

export interface StreamPicture extends StreamServers {
  readonly stream: string;
  readonly parts: readonly StreamPart[];
}

/** Whether homes and replicas may come to it. */
export function mayReceive({ busy, accepting, isDraining, isSilent }: WorkerPicture): boolean {
  return busy < HEADROOM_LOAD && accepting !== 'No' && !isDraining && !isSilent;
}

/** All that policies look at. */
export interface FleetPicture {
  readonly workers: ReadonlyMap<string, WorkerPicture>;
  readonly streams: ReadonlyMap<string, StreamPicture>;
}

/** `streams` is the directory: who serves what. */
export function fleetPicture(
  reported: readonly ReportedWorker[],
  directory: Iterable<readonly [string, StreamServers]>,
): FleetPicture {
  const streams = new Map<string, StreamPicture & { readonly parts: StreamPart[] }>();
  for (const [stream, { ingest, home, replicas }] of directory) {
    streams.set(stream, { stream, ingest, home, replicas, parts: [] });
  }
  const workers = new Map<string, WorkerPicture>();
  for (const { streams: theirs, viewersByProtocol, ...worker } of reported) {
    let load = loadLeftOut(theirs, viewersByProtocol);
    for (const one of theirs) {
      const part = streamPart(worker.id, one);
      load += partLoad(part);
      streams.get(one.stream)?.parts.push(part);
    }
    workers.set(worker.id, { ...worker, load });
  }
  return { workers, streams };
}

/** Share of a CPU that a worker's streams take, by weight. */
export function workerLoad(
  worker: Pick<ReportedWorker, 'id' | 'streams' | 'viewersByProtocol'>,
): number {
  const { id, streams, viewersByProtocol } = worker;
  const listed = sum(streams.map((stream) => partLoad(streamPart(id, stream))));
  return listed + loadLeftOut(streams, viewersByProtocol);
}

export function partLoad(part: StreamPart): number {
  return part.relaysLoad + part.intakeLoad + part.stayingLoad + part.askingLoad;
}

function streamPart(worker: string, reported: ReportedStream): StreamPart {
  const { isIngest, bitsPerSecond, viewers } = reported;
  let relays = 0;
  let stayingLoad = 0;
  let askingLoad = 0;
  for (const protocol in viewers) {
    if (protocol === 'relay') relays = viewers.relay ?? 0;
    else if (isLongLived(protocol)) stayingLoad += viewersLoad(reported, protocol);
    else askingLoad += viewersLoad(reported, protocol);
  }
  const isPulled = !isIngest && relays + stayingLoad + askingLoad > 0;
  return {
    worker,
    relays,
    relaysLoad: relays * feedLoad(bitsPerSecond),
    intakeLoad: isIngest || isPulled ? intakeLoad() : 0,
    isPulled,
    stayingLoad,
    askingLoad,
  };
}

function viewersLoad(reported: ReportedStream, protocol: string): number {
  const { viewers, encrypted, bitsPerSecond } = reported;
  const count = viewers[protocol] ?? 0;
  const overTls = Math.min(count, encrypted?.[protocol] ?? 0);
  const plain = (count - overTls) * viewerLoad(protocol, bitsPerSecond);
  return plain + (overTls > 0 ? overTls * viewerLoad(protocol, bitsPerSecond, true) : 0);
}

/** Of streams beyond the report's bound, at the mean rate of those within it. */
function loadLeftOut(
  streams: readonly ReportedStream[],
  totals: Readonly<Record<string, number>> = {},
): number {
  const protocols = Object.entries(totals);
  if (protocols.length === 0 || streams.length === 0) return 0;
  const meanRate = sum(streams.map(({ bitsPerSecond }) => bitsPerSecond)) / streams.length;
  const loads = protocols.map(([protocol, total]) => {
    const left = total - sum(streams.map(({ viewers }) => viewers[protocol] ?? 0));
    const each = protocol === 'relay' ? feedLoad(meanRate) : viewerLoad(protocol, meanRate);
    return Math.max(0, left) * each;
  });
  return sum(loads);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
