import { LoadReport, NumaAlignment } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';
import type { Alignment } from '../topology/alignment.ts';
import type { CpuFacts } from '../topology/cpu-facts.ts';
import type { Admission } from './admission.ts';
import type { Bus } from './bus.ts';
import type { Claims } from './claims.ts';
import type { OwnLoad } from './own-load.ts';
import { jitter, type Random } from './random.ts';
import type { Settings } from './settings.ts';
import type { StreamInfos } from './stream-infos.ts';
import type { ViewersElsewhere } from './viewers-elsewhere.ts';
import type { Workers } from './workers.ts';

/** How busy this process is; rates are of the last period. */
export interface ProcessSample {
  /** 0 to 1. */
  readonly loopUtilization: number;
  readonly tickLagMs: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly connections: number;
  readonly arenaBytes: number;
  readonly rssBytes: number;
}

/** What does not change while the process runs. */
export interface ProcessFacts {
  readonly pid: number;
  readonly startedUnixMs: number;
  readonly grpcAddress: string;
  readonly httpAddress: string;
}

export interface LoadReportsOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly workers: Workers;
  readonly claims: Claims;
  readonly infos: StreamInfos;
  readonly ownLoad: Pick<OwnLoad, 'now'>;
  readonly settings: Settings;
  /** NATS subject of a worker's reports; `*` for all. */
  readonly subjectOf: (worker: string) => string;
  readonly sample: () => ProcessSample;
  readonly facts: ProcessFacts;
  /** The cpuset changes while the process runs. */
  readonly cpuFacts: () => CpuFacts;
  readonly isDraining: () => boolean;
  readonly admission: Pick<Admission, 'isOpen'>;
  readonly publicAddresses: () => PublicAddresses;
  readonly viewersElsewhere: ViewersElsewhere;
}

/** Where viewers reach this very worker, `host:port`; empty: only by an address that
 * it shares with others. */
export interface PublicAddresses {
  readonly http: string;
  readonly https: string;
}

const PERIOD_MS = 2_000;
const JITTER_SHARE = 0.1;
/** Many workers greet a new one; not all at once. */
const GREET_WITHIN_MS = 200;
const MAX_STREAMS = 500;
const ALIGNMENTS: Readonly<Record<Alignment, NumaAlignment>> = {
  aligned: NumaAlignment.NUMA_ALIGNMENT_ALIGNED,
  astray: NumaAlignment.NUMA_ALIGNMENT_ASTRAY,
  unknown: NumaAlignment.NUMA_ALIGNMENT_UNSPECIFIED,
};

/** Says every two seconds how this worker is, and hears the others. */
export class LoadReports {
  private readonly options: LoadReportsOptions;
  private sequence = 0;
  private timer: Timer | undefined = undefined;
  private greeting: Timer | undefined = undefined;

  constructor(options: LoadReportsOptions) {
    this.options = options;
  }

  listen(): void {
    const { bus, subjectOf } = this.options;
    bus.subscribe(subjectOf('*'), (payload, subject) => this.heard(payload, subject));
  }

  /** From now on others may count on this worker; the first report goes out at
   * once. May be called again. */
  begin(): void {
    if (this.timer === undefined) this.run();
  }

  stop(): void {
    this.timer?.clear();
    this.greeting?.clear();
  }

  /** Out of turn: something that others should know at once. */
  send(): void {
    const { bus, subjectOf, workers } = this.options;
    if (!bus.isConnected) return;
    bus.publish(subjectOf(workers.self), LoadReport.encode(this.report()).finish());
  }

  private run(): void {
    const { clock, random } = this.options;
    this.send();
    this.timer = clock.setTimer(jitter(random, PERIOD_MS, JITTER_SHARE), () => this.run());
  }

  private report(): LoadReport {
    const { workers, clock, facts, cpuFacts, sample, settings, claims, isDraining } = this.options;
    const { infos, admission, ownLoad, publicAddresses } = this.options;
    const { http: publicHttpAddress, https: publicHttpsAddress } = publicAddresses();
    const now = sample();
    const viewersByProtocol = infos.viewersByProtocol();
    const streams = infos.count;
    const topStreams = infos.top(MAX_STREAMS);
    const { relay = 0, ...players } = viewersByProtocol;
    this.sequence += 1;
    return LoadReport.fromPartial({
      worker: workers.self,
      sequence: BigInt(this.sequence),
      sentUnixMs: BigInt(Math.round(clock.unixMs())),
      loopUtilization: now.loopUtilization,
      weighedLoad: ownLoad.now(),
      tickLagMs: now.tickLagMs,
      bytesInPerSecond: now.bytesInPerSecond,
      bytesOutPerSecond: now.bytesOutPerSecond,
      streams,
      publishers: claims.openPublications,
      viewers: sum(Object.values(players)),
      relaysOut: relay,
      connections: now.connections,
      arenaBytes: BigInt(now.arenaBytes),
      rssBytes: BigInt(now.rssBytes),
      ...cpuFields(cpuFacts()),
      draining: isDraining(),
      admitting: admission.isOpen,
      ...{ publicHttpAddress, publicHttpsAddress },
      topStreams,
      topStreamsTruncated: streams > MAX_STREAMS,
      grpcAddress: facts.grpcAddress,
      httpAddress: facts.httpAddress,
      appliedVersion: BigInt(settings.appliedVersion),
      hlsKeyId: settings.hlsKeyId,
      startedUnixMs: BigInt(Math.round(facts.startedUnixMs)),
      pid: facts.pid,
      viewersByProtocol,
    });
  }

  /** NATS lets a worker publish below its own name only; its payload may say anything. */
  private heard(payload: Uint8Array, subject: string): void {
    const report = decode(payload);
    if (report === undefined || subject !== this.options.subjectOf(report.worker)) {
      this.options.log.warn({ bytes: payload.length, subject }, 'load report malformed');
      return;
    }
    const isNew = this.options.workers.get(report.worker) === undefined;
    this.options.workers.note({
      id: report.worker,
      grpcAddress: report.grpcAddress,
      httpAddress: report.httpAddress,
      publicHttp: report.publicHttpAddress,
      publicHttps: report.publicHttpsAddress,
      isDraining: report.draining,
      isAdmitting: report.admitting,
      load: report.loopUtilization,
      weighedLoad: report.weighedLoad,
      startedUnixMs: Number(report.startedUnixMs),
    });
    if (report.worker === this.options.workers.self) return;
    this.options.viewersElsewhere.note(report);
    if (isNew) this.greet();
  }

  /** A worker that just came would else not know of this one for up to a period. */
  private greet(): void {
    const { clock, random } = this.options;
    this.greeting ??= clock.setTimer(random.next() * GREET_WITHIN_MS, () => {
      this.greeting = undefined;
      this.send();
    });
  }
}

type CpuFields = Pick<
  LoadReport,
  | 'cpus'
  | 'numaNode'
  | 'allowedCpus'
  | 'memoryNodes'
  | 'numaAlignment'
  | 'cpusExclusive'
  | 'loopCpu'
>;

function cpuFields(facts: CpuFacts): CpuFields {
  return {
    cpus: [...facts.cpus],
    numaNode: facts.numaNode,
    allowedCpus: [...facts.allowedCpus],
    memoryNodes: [...facts.memoryNodes],
    numaAlignment: ALIGNMENTS[facts.alignment],
    cpusExclusive: facts.isExclusive,
    loopCpu: facts.loopCpu,
  };
}

function decode(payload: Uint8Array): LoadReport | undefined {
  try {
    return LoadReport.decode(payload);
  } catch {
    return undefined;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
