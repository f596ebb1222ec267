import type { Logger } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import { realClock } from '../clock.ts';
import { isOperator, isWorkerOf, OPERATOR_NAME } from '../credentials/mod.ts';
import { natsErrorCode } from '../fleet/adapters/nats-errors.ts';
import { sweepBuckets } from '../fleet/adapters/bucket-sweep.ts';
import {
  EventRecorder,
  holderIdentity,
  KubeClient,
  kubeConfigLoader,
  LeaderElection,
} from '../kube/mod.ts';
import { ConsoleAuth } from '../http/auth/console-auth.ts';
import { Operator } from '../operator.ts';
import { PlaceForward } from '../place/adapters/forward.ts';
import type { Stoppable } from '../signals.ts';
import { bucketName } from '../specs/names.ts';
import { HTTP_PORT, HTTPS_PORT } from '../specs/ports.ts';
import { Cache } from './cache.ts';
import { ClusterSet } from './cluster-set.ts';
import { Credentials } from './credentials.ts';
import type { PodsFlags } from './flags.ts';

const SWEEP_MS = 600_000;

/** The operator on an API server: what it sees, who leads, who it is. */
export class PodsOperator implements Stoppable {
  private readonly flags: PodsFlags;
  private readonly log: Logger;
  private readonly client: KubeClient;
  private readonly cache: Cache;
  private readonly credentials: Credentials;
  private readonly recorder: EventRecorder;
  private readonly forward: PlaceForward;
  private readonly operator: Operator;
  private readonly clusters: ClusterSet;
  private readonly election: LeaderElection;
  private sweepTimer: NodeJS.Timeout | undefined = undefined;
  private isStarted = false;

  private constructor(flags: PodsFlags, log: Logger) {
    this.flags = flags;
    this.log = log;
    const base = { clock: realClock, log };
    this.client = this.makeClient();
    const { client } = this;
    const { namespaces, watchNodes: watchesNodes, podName } = flags;
    this.cache = new Cache({ ...base, client, namespaces, watchesNodes });
    this.credentials = this.makeCredentials();
    this.recorder = new EventRecorder({ ...base, client, instance: podName });
    this.forward = new PlaceForward({
      leader: () => this.leaderAddress(),
      channel: this.credentials.channel,
      serverName: OPERATOR_NAME,
    });
    this.operator = this.makeOperator();
    this.clusters = this.makeClusters();
    this.election = this.makeElection();
  }

  /** Rejects with PORT_IN_USE. The API server and NATS may come later. */
  static async start(flags: PodsFlags, log: Logger): Promise<PodsOperator> {
    const operator = new PodsOperator(flags, log);
    await operator.listen();
    void operator.begin().catch((error: unknown) => {
      log.fatal({ err: error, code: 'INTERNAL' }, 'operator failed');
      process.exit(1);
    });
    return operator;
  }

  /** Lets go of the Lease first, so that another one need not wait. */
  async stop(): Promise<void> {
    clearInterval(this.sweepTimer);
    await this.election.close();
    await this.recorder.close();
    await this.clusters.close();
    await this.operator.close();
    this.forward.close();
    this.credentials.close();
    await this.cache.close();
    this.client.close();
  }

  kill(): void {
    this.client.close();
  }

  /** Health is answered before anything else is there. */
  private async listen(): Promise<void> {
    const { apiHost, apiPort } = this.flags;
    await this.operator.listenHttp({ host: apiHost, port: apiPort });
  }

  private async begin(): Promise<void> {
    await this.credentials.start();
    const { podIp, grpcPort } = this.flags;
    await this.operator.listenGrpc(inUrl(podIp), grpcPort);
    await this.cache.start();
    this.clusters.lookAtAll();
    this.isStarted = true;
    this.election.start();
    this.sweepTimer = setInterval(() => void this.sweep(), SWEEP_MS).unref();
    this.log.info({ version: packageJson.version }, 'operator ready');
  }

  private notReady(): string | undefined {
    if (this.isStarted) return undefined;
    return 'KUBERNETES_UNREACHABLE';
  }

  private leaderAddress(): string | undefined {
    const { holder } = this.election;
    return holder && `${inUrl(holder.host)}:${holder.port}`;
  }

  /** All operators of an installation have their page and API at the same port. */
  private leaderUrl(): string | undefined {
    const { holder, isLeader } = this.election;
    if (holder === undefined || isLeader) return undefined;
    return `http://${inUrl(holder.host)}:${this.flags.apiPort}`;
  }

  /** Directories whose StreamCluster is gone, on a NATS that nobody else uses. */
  private async sweep(): Promise<void> {
    const { flags, election, cache, clusters, log } = this;
    if (!flags.natsManaged || !election.isLeader) return;
    const buckets = new Set(
      cache.streamClusters.list().map(({ metadata }) => bucketName(metadata.uid)),
    );
    // Workers that still drain would only make theirs again.
    const owners = cache.pods.list().flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    for (const { uid } of owners) buckets.add(bucketName(uid));
    const isOrphan = (bucket: string): boolean => bucket.startsWith('sc-') && !buckets.has(bucket);
    const connection = clusters.natsLinks.find((link) => link.connection)?.connection;
    if (connection === undefined) return;
    await sweepBuckets({ connection, isOrphan, log }).catch((error: unknown) => {
      log.warn({ err: error, code: natsErrorCode(error) }, 'old buckets not removed');
    });
  }

  private makeClient(): KubeClient {
    return new KubeClient({
      load: kubeConfigLoader({ file: this.flags.kubeconfig }),
      version: packageJson.version,
      clock: realClock,
      onRequest: (verb, resource, code, durationMs) => {
        this.operator.metrics.onKubeRequest({ verb, resource, code, durationMs });
      },
    });
  }

  private makeCredentials(): Credentials {
    const { flags, client, log } = this;
    return new Credentials({
      ...{ flags, client, log, clock: realClock },
      areLeavesCurrent: () =>
        this.election.isLeader ? this.clusters.areSecretsCurrent : undefined,
      onEvent: (what, event) => this.operator.metrics.onCredentials(what, event),
    });
  }

  private makeOperator(): Operator {
    const { credentials, forward, flags, log } = this;
    return new Operator({
      notReady: () => this.notReady(),
      mediaPorts: { http: HTTP_PORT, https: HTTPS_PORT },
      placeCredentials: {
        server: credentials.server,
        authorise: (call, cluster) => isWorkerOf(call, cluster) || isOperator(call),
      },
      forward,
      auth: new ConsoleAuth({
        ...{ flags, openRole: 'viewer', log },
        installationKey: () => credentials.consoleKey(),
      }),
      leaderUrl: () => this.leaderUrl(),
      log,
    });
  }

  private makeClusters(): ClusterSet {
    const { flags, operator, client, cache, credentials, recorder, log } = this;
    const { bucketReplicas, nats, operatorAddress, podNamespace, workerImage, otlpEndpoint } =
      flags;
    return new ClusterSet({
      ...{ operator, client, cache, credentials, recorder, bucketReplicas, log },
      clock: realClock,
      isLeading: () => this.election.isLeader,
      surroundings: {
        natsUrl: nats,
        operatorAddress,
        otlpEndpoint,
        operatorNamespace: podNamespace,
        defaultImage: workerImage,
      },
    });
  }

  private makeElection(): LeaderElection {
    const { client, flags, log, operator } = this;
    const { podName, podIp: host, grpcPort: port, podNamespace: namespace, leaseName } = flags;
    return new LeaderElection({
      ...{ client, namespace, name: leaseName, clock: realClock, log },
      identity: holderIdentity({ podName, host, port }),
      onStarted: () => {
        operator.startActing();
        // What could not be said before.
        this.clusters.lookAtAll();
      },
      onStopped: () => operator.stopActing(),
    });
  }
}

/** IPv6 stands in brackets where a port follows. */
function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
