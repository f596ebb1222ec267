import { seededRandom } from '@streamcluster/placement';
import {
  ServeOutcome,
  ServeResponse,
  type ConfigureRequest,
  type DirectoryEntry,
  type DrainRequest,
  type LoadReport,
  type ServeRequest,
} from '@streamcluster/proto';
import pino from 'pino';
import { OperatorError } from '../errors.ts';
import { Fleet } from '../fleet/fleet.ts';
import { StreamDecisions } from '../fleet/stream-decisions.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import type { Observation } from '../reconcile/step.ts';
import { Bans } from '../sessions/bans.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryRuntime } from './memory-runtime.ts';
import { reportBytes } from './reports.ts';

const KEY = 'default/test';
const SEED = 7;

/** What an ingest worker answers; undefined: nothing. */
type ServeAnswer = (request: ServeRequest) => ServeOutcome | undefined;

/** A reconciler on workers that are only names, with time held. */
export class ReconcileRig {
  readonly clock = new ManualClock();
  readonly fleet = new Fleet(this.clock);
  readonly runtime: MemoryRuntime;
  readonly reconciler: Reconciler;
  readonly decisions = new StreamDecisions();
  readonly bans = new Bans(this.clock);
  readonly configured: [address: string, request: ConfigureRequest][] = [];
  readonly drained: [address: string, request: DrainRequest][] = [];
  readonly served: [address: string, request: ServeRequest][] = [];
  readonly changes: string[] = [];
  readonly passes: boolean[] = [];
  directory: Map<string, DirectoryEntry> | undefined = new Map();
  readonly undrained: string[] = [];
  areWorkersDeaf = false;
  serveAnswer: ServeAnswer = () => ServeOutcome.SERVE_OUTCOME_DONE;
  private readonly queue: WorkQueue = new WorkQueue({
    work: async (key): Promise<void> => this.queue.addAfter(key, await this.reconciler.pass()),
    parallel: 1,
    onWorked: (_key, _durationMs, isOk) => this.passes.push(isOk),
    random: () => 0,
    clock: this.clock,
    log: pino({ level: 'silent' }),
  });

  constructor(spec: string, status: object = {}) {
    this.runtime = new MemoryRuntime(spec, status);
    this.fleet.setConnected(true);
    this.reconciler = new Reconciler({
      runtime: this.runtime,
      log: pino({ level: 'silent' }),
      clock: this.clock,
      random: seededRandom(SEED),
      decisions: this.decisions,
      bans: this.bans,
      onStreamChange: (kind, outcome) => this.changes.push(`${kind} ${outcome}`),
      control: {
        configure: (address, request) =>
          this.hear(this.configured, address, request, request.version),
        drain: (address, request) => this.hear(this.drained, address, request, undefined),
        undrain: (address) => {
          this.undrained.push(address);
          return Promise.resolve();
        },
        serve: (address, request) => this.serve(address, request),
        accept: () => Promise.resolve(),
      },
      markDraining: (worker, isDraining) => this.fleet.markDraining(worker, isDraining),
      forget: (worker) => this.fleet.forget(worker),
      count: () => undefined,
      observe: () => this.observe(),
    });
    this.runtime.onChange(() => this.queue.add(KEY));
    this.fleet.onReport(() => this.queue.add(KEY));
  }

  /** So many, of which nobody reports anything; undefined: nobody knows. */
  set streams(count: number | undefined) {
    this.directory = count === undefined ? undefined : new Map();
    for (let i = 0; i < (count ?? 0); i += 1) this.publish(`live/${i}`, 'w-0');
  }

  publish(stream: string, home: string, more: Partial<DirectoryEntry> = {}): void {
    const entry = { home, ingest: home, replicas: [], epoch: 1, publishedUnixMs: 1, nonce: 'n' };
    this.directory?.set(stream, { ...entry, ...more });
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

  private async observe(): Promise<Observation> {
    return {
      ...this.runtime.resource(),
      instances: await this.runtime.list(),
      sightings: new Map(this.fleet.list().map((sighting) => [sighting.id, sighting])),
      directory: this.directory,
      isBusConnected: this.fleet.isBusConnected,
      problems: this.runtime.problems(),
      nowMs: this.clock.nowMs(),
      unixMs: this.clock.unixMs(),
    };
  }

  /** As an ingest worker does, which raises the epoch and writes the entry. */
  private serve(address: string, request: ServeRequest): Promise<ServeResponse> {
    this.served.push([address, request]);
    const outcome = this.serveAnswer(request);
    if (outcome === undefined) return Promise.reject(new OperatorError('WORKER_UNREACHABLE'));
    if (outcome === ServeOutcome.SERVE_OUTCOME_DONE) {
      const { stream, home, replicas, epoch } = request;
      const before = this.directory?.get(stream);
      this.publish(stream, home, { ...before, home, replicas, epoch: Number(epoch) + 1 });
    }
    return Promise.resolve(ServeResponse.fromPartial({ outcome }));
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
