import { loadSubject } from '@streamcluster/proto';
import type { Logger } from 'pino';
import { EngineDialer } from '../cluster/adapters/engine-dialer.ts';
import { realRandom } from '../cluster/adapters/real-random.ts';
import type { WorkTotals } from '../cluster/admission.ts';
import { Cluster } from '../cluster/cluster.ts';
import type { EngineStats } from '../engine/engine.ts';
import { driveTicks } from '../engine/tick-driver.ts';
import type { Ticks } from '../engine/tick-policy.ts';
import type { WorkerOptions } from '../options.ts';
import { realClock } from '../stream/clock.ts';
import { startHelpers } from '../topology/threads.ts';
import { ControlPorts, type ControlPortNumbers } from './control-ports.ts';
import { usableHosts } from './listen-hosts.ts';
import { MediaPorts, type SecurePortsOptions } from './media-ports.ts';
import { ownPorts, publicAddresses } from './public-addresses.ts';
import { Readiness } from './readiness.ts';
import { openSessionSpans, type SessionSpans } from './session-spans.ts';
import { WorkerParts } from './worker-parts.ts';

export interface WorkerEvents {
  /** It is empty: the process may end. */
  onDrained(): void;
  /** It cannot serve: a port is in use … */
  onFailed(error: unknown): void;
}

/** A worker from its start to its end: what is connected to what, and in which order. */
export class WorkerProcess {
  private readonly events: WorkerEvents;
  private readonly parts: WorkerParts;
  private readonly readiness: Readiness;
  private readonly ports: ControlPorts;
  private ticks: { close(): void } | undefined = undefined;
  private spans: SessionSpans | undefined = undefined;

  /** Throws ENGINE_MISSING, ENGINE_BROKEN, ENGINE_AFFINITY or TLS_CERTIFICATE_INVALID. */
  constructor(options: WorkerOptions, log: Logger, events: WorkerEvents) {
    this.events = events;
    this.parts = new WorkerParts(options, log);
    this.readiness = new Readiness(this.parts, (error) => events.onFailed(error));
    this.ports = new ControlPorts(this.parts, this.readiness);
  }

  /** Own ports at once; users' ports when the directory has been read. */
  async start(): Promise<void> {
    const { parts } = this;
    parts.credentials.start();
    parts.peers.start();
    await startHelpers();
    await this.openSpans();
    parts.pinning.start();
    // The cluster needs the ports' numbers, the ports need the cluster.
    const cluster = this.makeCluster(await this.ports.start());
    parts.cluster = cluster;
    parts.media = this.makeMedia(cluster);
    this.ticks = driveTicks(parts.engine, fixedTicks(parts.options));
    cluster.directory.onLoaded(() => this.readiness.tryReach());
    cluster.start();
    parts.bus.start();
  }

  /** SIGTERM. What the StreamCluster says now, within what the process was
   * started with: whoever sent the signal kills it at that deadline. */
  drain(reason: string): void {
    const { options, settings, cluster } = this.parts;
    const { drainDeadlineSeconds, drainPublisherGraceSeconds, drainLingerSeconds } = options;
    // Asked to end before it could serve anybody.
    if (cluster === undefined) {
      this.events.onDrained();
      return;
    }
    const seconds = settings.drain ?? {
      deadlineSeconds: drainDeadlineSeconds,
      publisherGraceSeconds: drainPublisherGraceSeconds,
      lingerSeconds: drainLingerSeconds,
    };
    cluster.drain.start({
      publisherGraceSeconds: seconds.publisherGraceSeconds,
      deadlineSeconds: Math.min(seconds.deadlineSeconds, drainDeadlineSeconds),
      // Doors that never opened need not stay open.
      lingerSeconds: this.readiness.isReached ? seconds.lingerSeconds : 0,
      reason,
      isFinal: true,
    });
  }

  async stop(): Promise<void> {
    const { parts, ports } = this;
    parts.cluster?.reports.stop();
    parts.cluster?.admission.stop();
    parts.media?.close();
    ports.closeAdmin();
    await ports.stopControl();
    parts.peers.close();
    parts.credentials.close();
    parts.certificates?.close();
    parts.access.close();
    await parts.bus.close();
    this.ticks?.close();
    parts.pinning.close();
    parts.streams.close();
    await this.spans?.close();
    parts.engine.close();
  }

  private async openSpans(): Promise<void> {
    const { options, log, visitors } = this.parts;
    const { otlpEndpoint: endpoint, id, namespace, cluster } = options;
    if (endpoint === undefined) return;
    const attributes = {
      'service.instance.id': id,
      'service.namespace': namespace,
      'streamcluster.cluster': cluster,
    };
    const spans = await openSessionSpans({ endpoint, attributes, log });
    visitors.sessions.watch(spans);
    this.spans = spans;
  }

  private makeCluster({ adminPort, grpcPort }: ControlPortNumbers): Cluster {
    const { parts } = this;
    const { options, engine, log, settings, streams, bus, peers, sampler, access } = parts;
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
      onAccess: (config) => access.configure(config),
      viewersElsewhere: access.viewersElsewhere,
      facts: {
        pid: process.pid,
        startedUnixMs: realClock.unixMs() - process.uptime() * 1_000,
        grpcAddress: `${host}:${grpcPort}`,
        httpAddress: `${host}:${adminPort}`,
      },
      cpuFacts: () => parts.pinning.current,
      publicAddresses: () => publicAddresses(options, parts.media?.numbers),
      sample: () => sampler.sample(),
      work: () => workOf(engine.stats()),
      hasRoom: () => streams.hasRoom,
      onDraining: (isDraining) => this.readiness.onDraining(isDraining),
      onRefusing: () => parts.media?.stopAccepting(),
      onSteered: (isOff) => parts.media?.share(!isOff),
      onDrained: () => this.events.onDrained(),
    });
  }

  private makeMedia(streams: Cluster): MediaPorts {
    const { engine, log, metrics, options, access, visitors } = this.parts;
    const { rtmpPort, httpPort } = options;
    const hosts = usableHosts(engine, options.listen, log);
    return new MediaPorts({
      ...{ engine, streams, log, hosts, rtmpPort, httpPort },
      visitors: visitors.sessions,
      segmentKeys: visitors.segmentKeys,
      counters: metrics,
      trust: access.trust,
      shedShare: () => streams.shedding.share(),
      ...ownPorts(options),
      secure: this.securePorts(),
    });
  }

  private securePorts(): SecurePortsOptions | undefined {
    const { certificates, options } = this.parts;
    if (certificates === undefined) return undefined;
    const { rtmpsPort, httpsPort } = options;
    return { rtmpsPort, httpsPort, rtmps: certificates.rtmps, https: certificates.https };
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
