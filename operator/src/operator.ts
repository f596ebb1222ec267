import type { Random } from '@streamcluster/placement';
import type { FastifyInstance } from 'fastify';
import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { realClock } from './clock.ts';
import { OperatorError } from './errors.ts';
import type { ConsoleAuth } from './http/auth/console-auth.ts';
import type { LeaderUrl } from './http/leader.ts';
import { Metrics } from './http/metrics.ts';
import type { MediaPorts } from './http/page.ts';
import { createHttpServer } from './http/server.ts';
import { WorkQueue } from './kube/work-queue.ts';
import { LogLevel } from './log-level.ts';
import { ManagedCluster, type ManagedClusterOptions } from './managed-cluster.ts';
import { PlaceServer, type PlaceCredentials } from './place/adapters/server.ts';
import type { PlaceForward } from './place/adapters/forward.ts';

export interface OperatorOptions {
  /** Why not; undefined: ready. */
  readonly notReady: () => string | undefined;
  /** Where the page's players find media. */
  readonly mediaPorts: MediaPorts;
  /** Undefined: unencrypted, for loopback only. */
  readonly placeCredentials?: PlaceCredentials;
  /** To whoever leads, when this one does not. */
  readonly forward?: PlaceForward;
  /** Who may see and do what on page and API; without: as in HttpServerOptions. */
  readonly auth?: ConsoleAuth;
  /** The page's and API's address of whoever leads; undefined: nobody, or this one. */
  readonly leaderUrl?: LeaderUrl;
  readonly log: Logger;
}

type ClusterOptions = Omit<
  ManagedClusterOptions,
  'onCount' | 'onStreamChange' | 'onDue' | 'isLeading' | 'clock' | 'random' | 'log'
>;

/** StreamClusters that are worked on at the same time; each waits most of its time. */
const PARALLEL = 8;
const RANDOM_STEPS = 2 ** 32;
const random: Random = { next: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS };

/** Everything that an operator is made of, connected; no decisions. */
export class Operator {
  readonly metrics = new Metrics();
  private readonly options: OperatorOptions;
  private readonly logLevel: LogLevel;
  private readonly managed = new Map<string, ManagedCluster>();
  private readonly placeServer: PlaceServer;
  private queue: WorkQueue | undefined = undefined;
  private http: FastifyInstance | undefined = undefined;

  constructor(options: OperatorOptions) {
    this.options = options;
    this.logLevel = new LogLevel(options.log);
    const { log, placeCredentials, forward } = options;
    this.placeServer = new PlaceServer({
      placerOf: (namespace, cluster) => this.managed.get(`${namespace}/${cluster}`)?.placer,
      isLeading: () => this.queue !== undefined,
      onPlaced: (policy, reason) => this.metrics.onPlaced(policy, reason),
      ...(placeCredentials && { credentials: placeCredentials }),
      ...(forward && { forward }),
      log,
    });
  }

  /** Starts what workers need; resolves with the port of OperatorService. */
  async listenGrpc(host: string, port: number): Promise<number> {
    return await this.placeServer.listen(host, port);
  }

  /** Rejects with PORT_IN_USE. */
  async listenHttp(at: { readonly host: string; readonly port: number }): Promise<number> {
    this.http = await createHttpServer({
      clusters: () => this.clusters().map(({ view }) => view),
      metrics: this.metrics,
      counts: () => this.counts(),
      notReady: this.options.notReady,
      mediaPorts: this.options.mediaPorts,
      leaderUrl: this.options.leaderUrl,
      auth: this.options.auth,
      log: this.options.log,
      logLevel: this.logLevel,
    });
    try {
      await this.http.listen(at);
    } catch (error) {
      throw new OperatorError('PORT_IN_USE', String(at.port), { cause: error });
    }
    const address = this.http.server.address();
    return typeof address === 'object' && address !== null ? address.port : at.port;
  }

  /** `namespace/name` is worked on from now on. */
  manage(key: string, options: ClusterOptions): ManagedCluster {
    const cluster = new ManagedCluster({
      ...options,
      onCount: (what) => this.metrics.onWorkerChange(what),
      onStreamChange: (kind, outcome) => this.metrics.onStreamChange(kind, outcome),
      onDue: () => this.queue?.add(key),
      isLeading: () => this.queue !== undefined,
      clock: realClock,
      random,
      log: this.options.log.child({ streamCluster: key }),
    });
    this.managed.set(key, cluster);
    cluster.start();
    this.queue?.add(key);
    return cluster;
  }

  /** Forgets it; its workers go on. */
  forget(key: string): void {
    this.managed.get(key)?.close();
    this.managed.delete(key);
  }

  get(key: string): ManagedCluster | undefined {
    return this.managed.get(key);
  }

  clusters(): ManagedCluster[] {
    return [...this.managed.values()];
  }

  /** From now on it acts on what it sees. */
  startActing(): void {
    const queue = new WorkQueue({
      work: async (key) => await this.work(key),
      parallel: PARALLEL,
      onWorked: (_key, durationMs, isOk) => this.metrics.onPass(durationMs, isOk),
      clock: realClock,
      log: this.options.log,
    });
    this.queue = queue;
    this.metrics.setLeading(true);
    queue.start();
    for (const key of this.managed.keys()) queue.add(key);
  }

  /**
   * Nothing more is started, stopped or moved when it resolves; what workers were asked
   * for just before they may still do, unless somebody decided otherwise since. Workers go on.
   */
  async stopActing(): Promise<void> {
    const { queue } = this;
    this.queue = undefined;
    this.metrics.setLeading(false);
    // A pass may hang at the API server for long.
    for (const cluster of this.clusters()) cluster.stopMoving();
    await queue?.stop();
    for (const cluster of this.clusters()) cluster.startOver();
  }

  async close(): Promise<void> {
    await this.stopActing();
    for (const key of [...this.managed.keys()]) this.forget(key);
    await Promise.all([this.http?.close(), this.placeServer.close()]);
  }

  private async work(key: string): Promise<void> {
    const delayMs = await this.managed.get(key)?.pass();
    if (delayMs !== undefined) this.queue?.addAfter(key, delayMs);
  }

  private counts(): { reportsReceived: number; reportsRefused: number; isBusConnected: boolean } {
    const fleets = this.clusters().map(({ fleet }) => fleet);
    return {
      reportsReceived: fleets.reduce((sum, fleet) => sum + fleet.reportsReceived, 0),
      reportsRefused: fleets.reduce((sum, fleet) => sum + fleet.reportsRefused, 0),
      isBusConnected: fleets.every(({ isBusConnected }) => isBusConnected),
    };
  }
}
