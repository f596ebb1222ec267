import { loadSubject } from '@streamcluster/proto';
import type { Logger } from 'pino';
import { createAdminApp } from '../admin/admin-app.ts';
import { WorkerMetrics } from '../admin/metrics.ts';
import { connectionObjects, engineObjects, streamObject } from '../admin/objects-view.ts';
import { EngineDialer } from '../cluster/adapters/engine-dialer.ts';
import { GrpcControlServer } from '../cluster/adapters/grpc-control.ts';
import { GrpcPeers } from '../cluster/adapters/grpc-peers.ts';
import { NatsBus } from '../cluster/adapters/nats-bus.ts';
import { ProcessSampler } from '../cluster/adapters/process-sampler.ts';
import { realRandom } from '../cluster/adapters/real-random.ts';
import type { WorkTotals } from '../cluster/admission.ts';
import { Cluster } from '../cluster/cluster.ts';
import { RelayRoute, type RelayAccess } from '../cluster/relay-route.ts';
import { defaultSettings } from '../cluster/settings.ts';
import type { Engine, EngineStats } from '../engine/engine.ts';
import { LoopWindow, loopParts } from '../engine/loop-window.ts';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '../engine/native.ts';
import { driveTicks } from '../engine/tick-driver.ts';
import type { Ticks } from '../engine/tick-policy.ts';
import { WorkerError } from '../errors.ts';
import { bucketOf, type WorkerOptions } from '../options.ts';
import { HttpServer } from '../protocols/http/server.ts';
import { realClock } from '../stream/clock.ts';
import { StreamRegistry } from '../stream/registry.ts';
import { readMachine } from '../topology/machine.ts';
import { Pinning } from '../topology/pinning.ts';
import { startHelpers, threadsOf } from '../topology/threads.ts';
import { Access } from './access.ts';
import { listening, usableHosts } from './listen-hosts.ts';
import { MediaPorts, type SecurePortsOptions } from './media-ports.ts';
import { ownPorts, publicAddresses } from './public-addresses.ts';
import { openSessionSpans, type SessionSpans } from './session-spans.ts';
import { UserCertificates } from './user-certificates.ts';
import { visitorParts, type VisitorParts } from './visitor-parts.ts';
import { WorkerCredentials } from './worker-credentials.ts';

export interface WorkerEvents {
  /** It is empty: the process may end. */
  onDrained(): void;
  /** It cannot serve: a port is in use … */
  onFailed(error: unknown): void;
}

/** Of users' ports: more would keep the loop from sending. The rest waits a moment. */
const ACCEPTS_PER_SECOND = 4_000;

/** Throws ENGINE_MISSING, ENGINE_BROKEN or ENGINE_AFFINITY. */
function openEngine({ arenaMib, cpus }: WorkerOptions): Engine {
  const arenaCapBytes = arenaMib * 1024 * 1024;
  const arenaBytes = Math.max(DEFAULT_ENGINE_OPTIONS.arenaBytes, arenaCapBytes * 2);
  const engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, arenaBytes, arenaCapBytes });
  engine.setAcceptRate(ACCEPTS_PER_SECOND);
  if (cpus.length > 0) engine.pin(cpus);
  return engine;
}

/** Everything that a worker is made of, connected; no decisions. */
export class WorkerProcess {
  private readonly options: WorkerOptions;
  private readonly log: Logger;
  private readonly engine: Engine;
  private readonly pinning: Pinning;
  private readonly sampler: ProcessSampler;
  private readonly settings = defaultSettings();
  private readonly streams: StreamRegistry;
  private readonly access: Access;
  private readonly visitors: VisitorParts;
  /** Whoever looks at /debug/loop sees what happened since the look before. */
  private readonly loop: LoopWindow;
  private readonly credentials: WorkerCredentials;
  private readonly bus: NatsBus;
  private readonly peers: GrpcPeers;
  private readonly metrics: WorkerMetrics;
  private readonly events: WorkerEvents;
  private ticks: { close(): void } | undefined = undefined;
  private cluster: Cluster | undefined = undefined;
  private control: GrpcControlServer | undefined = undefined;
  private admin: HttpServer | undefined = undefined;
  private media: MediaPorts | undefined = undefined;
  private readonly certificates: UserCertificates | undefined;
  private spans: SessionSpans | undefined = undefined;
  private isReady = false;

  /** Throws ENGINE_MISSING, ENGINE_BROKEN, ENGINE_AFFINITY or TLS_CERTIFICATE_INVALID. */
  constructor(options: WorkerOptions, log: Logger, events: WorkerEvents) {
    this.options = options;
    this.log = log;
    this.events = events;
    this.engine = openEngine(options);
    this.pinning = this.makePinning();
    this.sampler = new ProcessSampler(this.engine);
    const { engine, settings } = this;
    const config = (): typeof settings.streams => settings.streams;
    this.access = this.makeAccess();
    this.visitors = visitorParts(log, this.access);
    const segmentKey = this.visitors.segmentKeys.of;
    this.streams = new StreamRegistry({ engine, clock: realClock, log, config, segmentKey });
    const packageMs = (): number => this.streams.packaging.totalMs;
    this.loop = new LoopWindow({ engine, packageMs });
    this.metrics = this.makeMetrics();
    const base = { clock: realClock, log, counters: this.metrics };
    this.credentials = new WorkerCredentials({ ...options, ...base });
    this.certificates = UserCertificates.open({ ...base, engine, folders: options.tlsDir });
    this.bus = this.makeBus();
    this.peers = new GrpcPeers({ ...options, credentials: this.credentials.channel });
  }

  /** Own ports at once; users' ports when the directory has been read. */
  async start(): Promise<void> {
    this.credentials.start();
    this.peers.start();
    await startHelpers();
    await this.openSpans();
    this.pinning.start();
    const cluster = await this.startControl();
    this.ticks = driveTicks(this.engine, fixedTicks(this.options));
    cluster.directory.onLoaded(() => this.tryBecomeReady());
    cluster.start();
    this.bus.start();
  }

  private async openSpans(): Promise<void> {
    const { otlpEndpoint: endpoint, id, namespace, cluster } = this.options;
    if (endpoint === undefined) return;
    const attributes = {
      'service.instance.id': id,
      'service.namespace': namespace,
      'streamcluster.cluster': cluster,
    };
    const spans = await openSessionSpans({ endpoint, attributes, log: this.log });
    this.visitors.sessions.watch(spans);
    this.spans = spans;
  }

  /** SIGTERM. What the StreamCluster says now, within what the process was
   * started with: whoever sent the signal kills it at that deadline. */
  drain(reason: string): void {
    const { drainDeadlineSeconds, drainPublisherGraceSeconds, drainLingerSeconds } = this.options;
    // Asked to end before it could serve anybody.
    if (this.cluster === undefined) {
      this.events.onDrained();
      return;
    }
    const seconds = this.settings.drain ?? {
      deadlineSeconds: drainDeadlineSeconds,
      publisherGraceSeconds: drainPublisherGraceSeconds,
      lingerSeconds: drainLingerSeconds,
    };
    this.cluster.drain.start({
      publisherGraceSeconds: seconds.publisherGraceSeconds,
      deadlineSeconds: Math.min(seconds.deadlineSeconds, drainDeadlineSeconds),
      // Doors that never opened need not stay open.
      lingerSeconds: this.isReady ? seconds.lingerSeconds : 0,
      reason,
      isFinal: true,
    });
  }

  async stop(): Promise<void> {
    this.cluster?.reports.stop();
    this.cluster?.admission.stop();
    this.media?.close();
    this.admin?.close();
    await this.control?.stop();
    this.peers.close();
    this.credentials.close();
    this.certificates?.close();
    this.access.close();
    await this.bus.close();
    this.ticks?.close();
    this.pinning.close();
    this.streams.close();
    await this.spans?.close();
    this.engine.close();
  }

  private makeAccess(): Access {
    const { options, log } = this;
    // They are made later: what they count is of streams, of which viewers are let in by this.
    const count = (reason: string): void => this.metrics.count(reason);
    return new Access({ ...options, log, counters: { count } });
  }

  private makeBus(): NatsBus {
    const { options, log, metrics, credentials } = this;
    return new NatsBus({
      url: options.nats,
      bucket: bucketOf(options),
      name: `streamcluster-worker-${options.id}`,
      clock: realClock,
      random: realRandom,
      log,
      counters: metrics,
      credentials: credentials.nats,
    });
  }

  /** CPUs that were named go first. */
  private makePinning(): Pinning {
    const { options, engine, log } = this;
    return new Pinning({
      mode: options.cpus.length > 0 ? 'off' : options.pin,
      threads: threadsOf(engine),
      readMachine: () => readMachine(options.sysfsRoot),
      clock: realClock,
      log,
      onChange: () => this.cluster?.reports.send(),
    });
  }

  /** The cluster needs the ports' numbers, the ports need the cluster. */
  private async startControl(): Promise<Cluster> {
    const { options, log, engine } = this;
    const { id: worker, adminHost: host } = options;
    const access: RelayAccess = {
      seat: async (query) => await this.present().seat(query),
    };
    const fallback = await createAdminApp({
      notReady: () => this.notReady(),
      metrics: this.metrics,
      loop: () => this.debugLoop(),
      objects: () => this.debugObjects(),
      totals: () => this.debugTotals(),
      looks: {
        stream: (name) => this.streams.get(name),
        maxLagSeconds: () => this.settings.streams.maxLagSeconds,
      },
      hasProfiles: options.profile === 'on',
      log,
    });
    this.admin = new HttpServer({
      engine,
      log,
      counters: this.metrics,
      routes: [new RelayRoute(access, log)],
      fallback,
      hosts: [host],
      port: options.adminPort,
      reusePort: false,
      paced: false,
    });
    const admin = this.admin;
    listening(() => admin.start());
    const control = (): Cluster['control'] => this.present().control;
    this.control = new GrpcControlServer({
      worker,
      log,
      host,
      port: options.grpcPort,
      control,
      sessions: this.visitors.desk,
      counters: this.metrics,
      security: this.credentials.security,
    });
    const grpcPort = await this.control.start();
    const cluster = this.makeCluster(admin.port, grpcPort);
    this.cluster = cluster;
    this.media = this.makeMedia(cluster);
    return cluster;
  }

  /** Calls may come in the moment before it is made. */
  private present(): Cluster {
    if (this.cluster === undefined) throw new WorkerError('WORKER_OVERLOADED', 'starting');
    return this.cluster;
  }

  private makeCluster(adminPort: number, grpcPort: number): Cluster {
    const { options, engine, log, settings, streams, bus, peers, sampler } = this;
    const { advertise, namespace } = options;
    const host = advertise.includes(':') ? `[${advertise}]` : advertise;
    return new Cluster({
      self: options.id,
      subjectOf: (worker) => loadSubject(namespace, options.cluster, worker),
      bus,
      peers,
      dialer: new EngineDialer(engine),
      streams,
      clock: realClock,
      random: realRandom,
      log,
      settings,
      onAccess: (config) => this.access.configure(config),
      viewersElsewhere: this.access.viewersElsewhere,
      facts: {
        pid: process.pid,
        startedUnixMs: realClock.unixMs() - process.uptime() * 1_000,
        grpcAddress: `${host}:${grpcPort}`,
        httpAddress: `${host}:${adminPort}`,
      },
      cpuFacts: () => this.pinning.current,
      publicAddresses: () => publicAddresses(options, this.media?.numbers),
      sample: () => sampler.sample(),
      work: () => workOf(engine.stats()),
      hasRoom: () => streams.hasRoom,
      onDraining: (isDraining) => this.onDraining(isDraining),
      onRefusing: () => this.media?.stopAccepting(),
      onSteered: (isOff) => this.media?.share(!isOff),
      onDrained: () => this.events.onDrained(),
    });
  }

  private makeMedia(streams: Cluster): MediaPorts {
    const { engine, log, metrics, options, access } = this;
    const { sessions: visitors, segmentKeys } = this.visitors;
    const { rtmpPort, httpPort } = options;
    const hosts = usableHosts(engine, options.listen, log);
    const counters = metrics;
    return new MediaPorts({
      ...{ engine, streams, visitors, segmentKeys, log, counters, hosts, rtmpPort, httpPort },
      trust: access.trust,
      shedShare: () => streams.shedding.share(),
      ...ownPorts(options),
      secure: this.securePorts(),
    });
  }

  private securePorts(): SecurePortsOptions | undefined {
    const { certificates, options } = this;
    if (certificates === undefined) return undefined;
    const { rtmpsPort, httpsPort } = options;
    return { rtmpsPort, httpsPort, rtmps: certificates.rtmps, https: certificates.https };
  }

  /** Called by the bus, which would swallow what is thrown. */
  private tryBecomeReady(): void {
    try {
      this.becomeReady();
    } catch (error) {
      this.events.onFailed(error);
    }
  }

  private becomeReady(): void {
    const { media, cluster, admin } = this;
    if (this.isReady || media === undefined || cluster === undefined) return;
    this.isReady = true;
    const ports = media.open();
    this.sampler.restart();
    const { grpcAddress, httpAddress } = cluster.facts;
    this.log.info(
      {
        ...ports,
        adminPort: admin?.port,
        grpcPort: Number(grpcAddress.slice(grpcAddress.lastIndexOf(':') + 1)),
        grpcAddress,
        httpAddress,
        ...this.pinning.current,
      },
      'worker ready',
    );
  }

  private onDraining(isDraining: boolean): void {
    if (!isDraining && this.isReady) {
      this.media?.open();
      if (this.cluster?.steering.isOff === true) this.media?.share(false);
    }
    this.cluster?.reports.send();
  }

  /** A worker that drains stays ready as long as somebody is here: balancers
   * cut the sessions of workers that are not, those over UDP. */
  private notReady(): { code: string; message: string } | undefined {
    const { cluster } = this;
    if (!this.isReady || cluster === undefined) {
      return { code: 'NATS_UNREACHABLE', message: 'directory not read yet' };
    }
    if (!cluster.drain.isDraining || cluster.hasSessions) return undefined;
    return { code: 'WORKER_DRAINING', message: 'worker is draining' };
  }

  private makeMetrics(): WorkerMetrics {
    const { engine, sampler, streams } = this;
    const { slowViewers } = streams;
    return new WorkerMetrics({
      times: streams.times,
      lags: engine.lags,
      streams: () => this.cluster?.infos.count ?? 0,
      publishers: () => this.cluster?.claims.openPublications ?? 0,
      publishersWithWarnings: () => this.cluster?.infos.withWarnings ?? 0,
      publisherTotals: streams.publishers,
      relays: () => this.cluster?.relays.size ?? 0,
      viewersByProtocol: () => this.cluster?.infos.viewersByProtocol() ?? {},
      connections: () => sampler.latest.connections,
      arenaBytes: () => sampler.latest.arenaBytes,
      loopUtilization: () => sampler.latest.loopUtilization,
      tickLagMs: () => sampler.latest.tickLagMs,
      tls: () => engine.stats(),
      userCertificateExpiresUnixMs: () => this.certificates?.expiresUnixMs ?? 0,
      bytesReceived: () => engine.stats().bytesReceivedTotal,
      bytesSent: () => engine.stats().bytesSentTotal,
      viewerSkips: () => slowViewers.skipsTotal,
      slowViewersClosed: () => slowViewers.closedTotal,
      droppedFrames: () => slowViewers.droppedFramesTotal,
      redirects: () => this.cluster?.redirects.total ?? 0,
      shed: () => this.media?.shedTotal ?? 0,
      directoryEntries: () => this.cluster?.directory.size ?? 0,
      isBusConnected: () => this.bus.isConnected,
      isDraining: () => this.cluster?.drain.isDraining ?? false,
      isAdmitting: () => this.cluster?.admission.isOpen ?? false,
      arenaReliefs: () => streams.reliefsTotal,
      cpu: () => this.pinning.current,
      certificateExpiresUnixMs: () => this.credentials.expiresUnixMs,
    });
  }

  private debugLoop(): object {
    const { engine, streams, loop } = this;
    const stats = engine.stats();
    return {
      affinity: engine.affinity(),
      cpu: this.pinning.current,
      ticks: { sendMs: stats.sendTickMs, readMs: stats.readTickMs },
      sinceStart: loopParts(stats, streams.packaging.totalMs),
      sinceLastLook: loop.look(),
      latest: this.sampler.latest,
      admission: this.cluster?.admission.describe(),
      engine: stats,
    };
  }

  private debugTotals(): object {
    const { engine, streams } = this;
    const stats = engine.stats();
    return {
      unixMs: realClock.unixMs(),
      activeMs: stats.activeMs,
      parts: loopParts(stats, streams.packaging.totalMs),
      ticks: { sendMs: stats.sendTickMs, readMs: stats.readTickMs },
      sendCalls: stats.sendCallsTotal,
      readCalls: stats.readCallsTotal,
      lateCursors: stats.lateCursorsTotal,
      arena: {
        inUseBytes: stats.arenaInUseBytes,
        recycledBytes: stats.arenaRecycledBytes,
        capBytes: engine.arenaCapBytes,
      },
      cpu: this.pinning.current,
    };
  }

  private debugObjects(): object {
    const { cluster, engine } = this;
    return {
      memory: process.memoryUsage(),
      engine: engineObjects(engine),
      connections: connectionObjects(engine.connections()),
      streams: this.streams.list().map(streamObject),
      claims: cluster?.claims.size ?? 0,
      relays: cluster?.relays.describe() ?? [],
      directoryEntries: cluster?.directory.size ?? 0,
      workers: cluster?.workers.live() ?? [],
    };
  }
}

/** A tick of -1 follows the load. */
function fixedTicks({ sendTickMs, readTickMs }: WorkerOptions): Partial<Ticks> {
  return {
    ...(sendTickMs >= 0 && { sendTickMs }),
    ...(readTickMs >= 0 && { readTickMs }),
  };
}

function workOf(stats: EngineStats): WorkTotals {
  const { activeMs, sendMs, tickSendMs } = stats;
  const { sendCallsTotal: sendCalls, bytesSentTotal: bytesSent } = stats;
  return { activeMs, sendMs, tickSendMs, sendCalls, bytesSent };
}
