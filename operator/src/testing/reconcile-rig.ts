import type { ConfigureRequest, DrainRequest, LoadReport } from '@streamcluster/proto';
import pino from 'pino';
import { OperatorError } from '../errors.ts';
import { Fleet } from '../fleet/fleet.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryRuntime } from './memory-runtime.ts';
import { reportBytes } from './reports.ts';

const KEY = 'default/test';

/** A reconciler on workers that are only names, with time held. */
export class ReconcileRig {
  readonly clock = new ManualClock();
  readonly fleet = new Fleet(this.clock);
  readonly runtime: MemoryRuntime;
  private readonly reconciler: Reconciler;
  private readonly queue: WorkQueue = new WorkQueue({
    work: async (key): Promise<void> => this.queue.addAfter(key, await this.reconciler.pass()),
    parallel: 1,
    onWorked: (_key, _durationMs, isOk) => this.passes.push(isOk),
    random: () => 0,
    clock: this.clock,
    log: pino({ level: 'silent' }),
  });
  readonly configured: [address: string, request: ConfigureRequest][] = [];
  readonly drained: [address: string, request: DrainRequest][] = [];
  readonly passes: boolean[] = [];
  streams: number | undefined = 0;
  readonly undrained: string[] = [];
  areWorkersDeaf = false;

  constructor(spec: string, status: object = {}) {
    this.runtime = new MemoryRuntime(spec, status);
    this.fleet.setConnected(true);
    this.reconciler = new Reconciler({
      runtime: this.runtime,
      log: pino({ level: 'silent' }),
      control: {
        configure: (address, request) =>
          this.hear(this.configured, address, request, request.version),
        drain: (address, request) => this.hear(this.drained, address, request, undefined),
        undrain: (address) => {
          this.undrained.push(address);
          return Promise.resolve();
        },
      },
      markDraining: (worker, isDraining) => this.fleet.markDraining(worker, isDraining),
      forget: (worker) => this.fleet.forget(worker),
      count: () => undefined,
      observe: async () => ({
        ...this.runtime.resource(),
        instances: await this.runtime.list(),
        sightings: new Map(this.fleet.list().map((sighting) => [sighting.id, sighting])),
        streams: this.streams,
        isBusConnected: this.fleet.isBusConnected,
        problems: this.runtime.problems(),
        nowMs: this.clock.nowMs(),
        unixMs: this.clock.unixMs(),
      }),
    });
    this.runtime.onChange(() => this.queue.add(KEY));
    this.fleet.onReport(() => this.queue.add(KEY));
  }

  async start(): Promise<void> {
    this.queue.start();
    this.queue.add(KEY);
    await this.clock.advance(0);
  }

  /** Reports come in; what they cause is done. */
  async report(workers: readonly string[], more: Partial<LoadReport> = {}): Promise<void> {
    for (const worker of workers) this.fleet.receive(reportBytes(worker, more), worker);
    await this.clock.advance(1);
  }

  private hear<Request, Answer>(
    heard: [string, Request][],
    address: string,
    request: Request,
    answer: Answer,
  ): Promise<Answer> {
    heard.push([address, request]);
    if (this.areWorkersDeaf) return Promise.reject(new OperatorError('WORKER_UNREACHABLE'));
    return Promise.resolve(answer);
  }
}
