import type { Logger } from 'pino';
import { WorkerMetrics } from '../admin/metrics.ts';
import { GrpcPeers } from '../cluster/adapters/grpc-peers.ts';
import { NatsBus } from '../cluster/adapters/nats-bus.ts';
import { ProcessSampler } from '../cluster/adapters/process-sampler.ts';
import { realRandom } from '../cluster/adapters/real-random.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { defaultSettings } from '../cluster/settings.ts';
import type { Engine } from '../engine/engine.ts';
import { LoopWindow } from '../engine/loop-window.ts';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '../engine/native.ts';
import { bucketOf, type WorkerOptions } from '../options.ts';
import { realClock } from '../stream/clock.ts';
import { StreamRegistry } from '../stream/registry.ts';
import { readMachine } from '../topology/machine.ts';
import { Pinning } from '../topology/pinning.ts';
import { threadsOf } from '../topology/threads.ts';
import { Access } from './access.ts';
import type { MediaPorts } from './media-ports.ts';
import { metricsSource } from './metrics-source.ts';
import { UserCertificates } from './user-certificates.ts';
import { visitorParts, type VisitorParts } from './visitor-parts.ts';
import { WorkerCredentials } from './worker-credentials.ts';

/** Of users' ports: more would keep the loop from sending. The rest waits a moment. */
const ACCEPTS_PER_SECOND = 4_000;

/** What a worker is made of before it is connected to anybody. */
export class WorkerParts {
  readonly options: WorkerOptions;
  readonly log: Logger;
  readonly engine: Engine;
  readonly pinning: Pinning;
  readonly sampler: ProcessSampler;
  readonly settings = defaultSettings();
  readonly access: Access;
  readonly visitors: VisitorParts;
  readonly streams: StreamRegistry;
  /** Whoever looks at /debug/loop sees what happened since the look before. */
  readonly loop: LoopWindow;
  readonly metrics: WorkerMetrics;
  readonly credentials: WorkerCredentials;
  readonly certificates: UserCertificates | undefined;
  readonly bus: NatsBus;
  readonly peers: GrpcPeers;
  /** Made when the own ports have their numbers. */
  cluster: Cluster | undefined = undefined;
  /** Made with it, and opened when the directory has been read. */
  media: MediaPorts | undefined = undefined;

  /** Throws ENGINE_MISSING, ENGINE_BROKEN, ENGINE_AFFINITY or TLS_CERTIFICATE_INVALID. */
  constructor(options: WorkerOptions, log: Logger) {
    this.options = options;
    this.log = log;
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
    this.metrics = new WorkerMetrics(metricsSource(this));
    const base = { clock: realClock, log, counters: this.metrics };
    this.credentials = new WorkerCredentials({ ...options, ...base });
    this.certificates = UserCertificates.open({ ...base, engine, folders: options.tlsDir });
    this.bus = this.makeBus();
    this.peers = new GrpcPeers({ ...options, credentials: this.credentials.channel });
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
}

/** Throws ENGINE_MISSING, ENGINE_BROKEN or ENGINE_AFFINITY. */
function openEngine({ arenaMib, cpus }: WorkerOptions): Engine {
  const arenaCapBytes = arenaMib * 1024 * 1024;
  const arenaBytes = Math.max(DEFAULT_ENGINE_OPTIONS.arenaBytes, arenaCapBytes * 2);
  const engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, arenaBytes, arenaCapBytes });
  engine.setAcceptRate(ACCEPTS_PER_SECOND);
  if (cpus.length > 0) engine.pin(cpus);
  return engine;
}
