import {
  fleetPicture,
  workerLoad,
  type FleetPicture,
  type ReportedStream,
  type ReportedWorker,
} from '../fleet-picture.ts';
import type { StreamServers } from '../relay-tree.ts';

/** A small cluster for tests, from who has which viewers where. */
export class TestFleet {
  readonly directory = new Map<string, StreamServers>();
  private readonly workers = new Map<string, ReportedWorker>();

  constructor(ids: readonly string[]) {
    for (const id of ids) this.change(id, {});
  }

  /** Changes what is known of a worker. */
  change(id: string, more: Partial<ReportedWorker>): this {
    const before = this.workers.get(id);
    this.workers.set(id, {
      ...{ id, busy: 0, streams: [], previousLoad: undefined, accepting: 'Yes' },
      ...{ isDraining: false, isSilent: false, ...before, ...more },
    });
    return this;
  }

  /** A stream of 2 Mb/s, published at its home if nothing else is said. */
  stream(stream: string, home: string, more: Partial<StreamServers> = {}): this {
    this.directory.set(stream, { ingest: home, home, replicas: [], ...more });
    return this;
  }

  /** Viewers by protocol (`relay` among them) of a stream at a worker. */
  viewers(stream: string, worker: string, viewers: Readonly<Record<string, number>>): this {
    const isIngest = this.directory.get(stream)?.ingest === worker;
    const reported: ReportedStream = { stream, isIngest, bitsPerSecond: 2e6, viewers };
    const streams = [...(this.workers.get(worker)?.streams ?? []), reported];
    return this.change(worker, { streams });
  }

  /** The report before said the same. */
  settle(): this {
    for (const [id, worker] of this.workers) this.change(id, { previousLoad: workerLoad(worker) });
    return this;
  }

  get reports(): readonly ReportedWorker[] {
    return [...this.workers.values()];
  }

  picture(): FleetPicture {
    return fleetPicture(this.reports, this.directory);
  }
}

export function names(count: number, prefix = 'w'): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
}
