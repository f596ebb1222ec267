import { loadSubject } from '@streamcluster/proto';
import { randomInt } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { realClock } from './clock.ts';
import { GrpcWorkerControl } from './control/worker-control.ts';
import { Directory } from './fleet/directory.ts';
import { Fleet } from './fleet/fleet.ts';
import { NatsLink } from './fleet/nats-link.ts';
import { Metrics } from './http/metrics.ts';
import { createHttpServer } from './http/server.ts';
import { streamSource } from './http/stream-source.ts';
import type { ClusterView } from './http/view.ts';
import { OperatorError } from './errors.ts';
import { Placer } from './place/placer.ts';
import { PlaceServer } from './place/server.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import type { Runtime } from './reconcile/runtime.ts';
import type { Observation } from './reconcile/step.ts';

export interface OperatorOptions {
  readonly runtime: Runtime;
  readonly natsUrl: string;
  readonly bucket: string;
  readonly bucketStorage: 'file' | 'memory';
  readonly sweepPrefix?: string;
  readonly endpoints: { readonly rtmp: number; readonly http: number };
  readonly log: Logger;
}

const RANDOM_STEPS = 2 ** 32;

/** Everything that an operator is made of, connected; no decisions. */
export class Operator {
  readonly fleet = new Fleet(realClock);
  private readonly options: OperatorOptions;
  private readonly link: NatsLink;
  private readonly directory: Directory;
  private readonly control = new GrpcWorkerControl();
  private readonly metrics = new Metrics();
  private readonly placeServer: PlaceServer;
  private readonly reconciler: Reconciler;
  private http: FastifyInstance | undefined = undefined;

  constructor(options: OperatorOptions) {
    this.options = options;
    const { log } = options;
    this.link = new NatsLink({ url: options.natsUrl, clock: realClock, log });
    this.directory = new Directory({
      ...options,
      link: this.link,
      storage: options.bucketStorage,
      clock: realClock,
    });
    const placer = new Placer({
      workers: () => this.fleet.list(),
      policy: () => options.runtime.resource().resource.spec.placement.policy,
      clock: realClock,
      random: { next: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS },
    });
    const onPlaced = (policy: string, reason: string): void =>
      this.metrics.onPlaced(policy, reason);
    this.placeServer = new PlaceServer({ placer, log, onPlaced });
    this.reconciler = this.makeReconciler();
  }

  /** Starts what workers need; resolves with the port of OperatorService. */
  async listenGrpc(host: string, port: number): Promise<number> {
    return await this.placeServer.listen(host, port);
  }

  /** Rejects with PORT_IN_USE; NATS may come later. */
  async start(http: { readonly host: string; readonly port: number }): Promise<number> {
    this.connectFleet();
    this.http = await createHttpServer({
      clusters: () => [this.view()],
      metrics: this.metrics,
      counts: () => this.fleet,
      notReady: () => this.notReady(),
      mediaPort: this.options.endpoints.http,
      log: this.options.log,
    });
    try {
      await this.http.listen(http);
    } catch (error) {
      throw new OperatorError('PORT_IN_USE', String(http.port), { cause: error });
    }
    this.link.start();
    this.directory.start();
    this.reconciler.trigger();
    const address = this.http.server.address();
    return typeof address === 'object' && address !== null ? address.port : http.port;
  }

  get status(): Reconciler['status'] {
    return this.reconciler.status;
  }

  /** Nothing is started, stopped or moved any more. Workers go on. */
  async stopReconciling(): Promise<void> {
    await this.reconciler.stop();
  }

  async close(): Promise<void> {
    await this.reconciler.stop();
    this.directory.close();
    this.control.close();
    await Promise.all([this.http?.close(), this.placeServer.close(), this.link.close()]);
  }

  private connectFleet(): void {
    const { fleet, link, options } = this;
    const { namespace, name } = options.runtime.resource().resource.metadata;
    link.onConnection((isConnected) => {
      fleet.setConnected(isConnected);
      this.reconciler.trigger();
    });
    link.subscribe(loadSubject(namespace, name, '*'), (payload) => fleet.receive(payload));
    fleet.onReport(() => this.reconciler.trigger());
    options.runtime.onChange(() => this.reconciler.trigger());
  }

  private notReady(): string | undefined {
    if (!this.fleet.isBusConnected) return 'NATS_UNREACHABLE';
    return this.directory.isLoaded ? undefined : 'the directory is not read yet';
  }

  private makeReconciler(): Reconciler {
    const { fleet, metrics, control } = this;
    const { runtime, log } = this.options;
    return new Reconciler({
      runtime,
      control,
      log,
      clock: realClock,
      markDraining: (worker, isDraining) => fleet.markDraining(worker, isDraining),
      forget: (worker) => fleet.forget(worker),
      count: (what) => metrics.onChange(what),
      onPass: (durationMs, isOk) => metrics.onPass(durationMs, isOk),
      observe: () => this.observe(),
    });
  }

  private async observe(): Promise<Observation> {
    const { fleet, directory } = this;
    const { runtime } = this.options;
    const instances = await runtime.list();
    fleet.retain(new Set(instances.map(({ name }) => name)));
    return {
      ...runtime.resource(),
      instances,
      sightings: new Map(fleet.list().map((sighting) => [sighting.id, sighting])),
      streams: directory.isLoaded ? directory.streams.size : undefined,
      problems: runtime.problems(),
      isBusConnected: fleet.isBusConnected,
      nowMs: realClock.nowMs(),
      unixMs: realClock.unixMs(),
    };
  }

  private view(): ClusterView {
    const { fleet, directory, reconciler } = this;
    const { runtime, endpoints } = this.options;
    return {
      get resource() {
        return runtime.resource().resource;
      },
      get generation() {
        return runtime.resource().generation;
      },
      get status() {
        return reconciler.status;
      },
      endpoints,
      events: runtime.events,
      instances: () => runtime.list(),
      sightings: () => fleet.list(),
      ...streamSource({
        directory: () => (directory.isLoaded ? directory.streams : undefined),
        sightings: () => fleet.list(),
      }),
    };
  }
}
