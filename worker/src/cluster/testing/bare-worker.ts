import type { Random } from '@streamcluster/placement';
import { pino } from 'pino';
import type { StreamName } from '../../media/stream-name.ts';
import type { Clock } from '../../stream/clock.ts';
import { StreamRegistry } from '../../stream/registry.ts';
import type { Stream } from '../../stream/stream.ts';
import { MemoryEngine } from '../../stream/testing/memory-engine.ts';
import { Watch } from '../../stream/testing/rig.ts';
import type { CpuFacts } from '../../topology/cpu-facts.ts';
import type { Bus } from '../bus.ts';
import { Cluster } from '../cluster.ts';
import type { Peers, RelayRequest } from '../peers.ts';
import { defaultSettings } from '../settings.ts';
import { ViewersElsewhere } from '../viewers-elsewhere.ts';
import { SimDialer, type SimLink } from './sim-link.ts';
import { SimPublisher } from './sim-publisher.ts';

/** What lies between workers. */
export interface SimNet {
  /** Who listens there now. */
  byAddress(address: string): BareWorker | undefined;
  /** Bytes get from one to the other, and each of them takes them. */
  areJoined(one: BareWorker, other: BareWorker): boolean;
}

export interface BareWorkerOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly peers: Peers;
  readonly net: SimNet;
  readonly random: Random;
  /** Where a worker's load reports go; `*` for all. */
  readonly subjectOf: (worker: string) => string;
  /** Of its publishers' pictures. */
  readonly frameMs: number;
}

const CPU_FACTS: CpuFacts = {
  cpus: [4],
  allowedCpus: [4, 12],
  memoryNodes: [1],
  numaNode: 1,
  alignment: 'aligned',
  isExclusive: true,
  loopCpu: 4,
};

/** One worker's real cluster and stream code, on whatever clock, bus and network. */
export class BareWorker {
  readonly id: string;
  readonly clock: Clock;
  readonly net: SimNet;
  readonly frameMs: number;
  readonly engine = new MemoryEngine();
  readonly streams: StreamRegistry;
  readonly cluster: Cluster;
  readonly settings = defaultSettings();
  readonly links = new Set<SimLink>();
  readonly publishers = new Set<SimPublisher>();
  readonly viewers = new Set<Watch>();
  readonly dialed: RelayRequest[] = [];
  drainEvents: string[] = [];
  isUp = true;
  /** Share of the time that its loop is busy from now on; and what reports say. */
  busy = 0.1;
  loopUtilization = 0.1;
  private lookedAtMs = 0;
  private activeTotalMs = 0;
  /** Answers nobody, but lives. */
  isHung = false;
  publicAddresses = { http: '', https: '' };

  constructor(options: BareWorkerOptions) {
    const { id, clock, bus, peers, net, random, frameMs, subjectOf } = options;
    this.id = id;
    this.clock = clock;
    this.net = net;
    this.frameMs = frameMs;
    const log = pino({ level: process.env['SIM_LOG'] ?? 'silent', base: { worker: id } });
    this.streams = new StreamRegistry({
      engine: this.engine,
      clock,
      log,
      config: () => this.settings.streams,
    });
    this.cluster = new Cluster({
      self: id,
      subjectOf,
      bus,
      peers,
      dialer: new SimDialer(this),
      streams: this.streams,
      clock,
      random,
      log,
      settings: this.settings,
      onAccess: () => undefined,
      viewersElsewhere: new ViewersElsewhere({ clock, limitsViewers: () => false }),
      facts: {
        pid: 1,
        startedUnixMs: clock.unixMs(),
        grpcAddress: this.address,
        httpAddress: this.address,
      },
      cpuFacts: () => CPU_FACTS,
      publicAddresses: () => this.publicAddresses,
      sample: () => ({
        loopUtilization: this.loopUtilization,
        tickLagMs: 0,
        bytesInPerSecond: 0,
        bytesOutPerSecond: 0,
        connections: 0,
        arenaBytes: 0,
        rssBytes: 0,
      }),
      work: () => ({
        activeMs: this.activeMs(),
        sendMs: 0,
        tickSendMs: 0,
        sendCalls: 0,
        bytesSent: 0,
      }),
      hasRoom: () => true,
      onDraining: (isDraining) => {
        this.drainEvents.push(isDraining ? 'draining' : 'back');
        this.cluster.reports.send();
      },
      onRefusing: () => this.drainEvents.push('refusing'),
      onSteered: () => undefined,
      onDrained: () => this.drainEvents.push('drained'),
    });
  }

  get address(): string {
    return `${this.id}:1`;
  }

  private activeMs(): number {
    const nowMs = this.clock.nowMs();
    this.activeTotalMs += (nowMs - this.lookedAtMs) * this.busy;
    this.lookedAtMs = nowMs;
    return this.activeTotalMs;
  }

  /** Publishes; frames follow by themselves until it is stopped. Rejects as the
   * cluster does. */
  async startPublishing(name: StreamName): Promise<SimPublisher> {
    const publisher = new SimPublisher(this);
    publisher.publication = await this.cluster.publish(name, {
      protocol: 'test',
      remoteAddress: '127.0.0.1',
      onRevoked: (reason) => publisher.revoked.push(reason),
    });
    publisher.begin();
    this.publishers.add(publisher);
    return publisher;
  }

  async startViewing(name: StreamName): Promise<Watch> {
    const viewer = new Watch(await this.cluster.view(name), 'flv');
    this.viewers.add(viewer);
    return viewer;
  }

  stream(name: StreamName): Stream | undefined {
    return this.streams.get(name);
  }

  turn(): void {
    if (!this.isUp) return;
    for (const publisher of this.publishers) publisher.turn();
    for (const link of [...this.links]) link.pump();
    for (const viewer of this.viewers) viewer.connection.pump();
  }
}
