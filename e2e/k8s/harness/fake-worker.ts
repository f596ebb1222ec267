import {
  LoadReport,
  loadSubject,
  StreamInfo,
  StreamInfo_Role,
  type DrainRequest,
} from '../../../proto/src/mod.ts';
import { FakeWorkerServer, type FakeWorkerCalls, type Pem } from './fake-worker-server.ts';
import type { Behaviour, FakeWorkerState, WorkerName } from './fake-worker-types.ts';

export interface FakeWorkerOptions {
  readonly name: WorkerName;
  readonly behaviour: () => Behaviour;
  readonly publish: (subject: string, payload: Uint8Array) => void;
  readonly count: (what: 'reports' | 'configures' | 'drains' | 'undrains') => void;
  /** It has drained: its process ends. */
  readonly onEmpty: () => void;
}

/** As worker/src/cluster/load-report.ts. */
const PERIOD_MS = 2_000;
const JITTER_SHARE = 0.1;
const GREET_WITHIN_MS = 200;
const CHECK_MS = 200;

/** Speaks for a pod that runs nothing: reports, and answers the operator. */
export class FakeWorker implements FakeWorkerCalls {
  private readonly options: FakeWorkerOptions;
  private readonly subject: string;
  private readonly startedUnixMs = Date.now();
  private server: FakeWorkerServer | undefined = undefined;
  private sequence = 0;
  private appliedVersion = 0n;
  private plan: { readonly request: DrainRequest; readonly beganMs: number } | undefined;
  private reportTimer: NodeJS.Timeout | undefined = undefined;
  private greetTimer: NodeJS.Timeout | undefined = undefined;
  private drainTimer: NodeJS.Timeout | undefined = undefined;
  private isClosed = false;

  constructor(options: FakeWorkerOptions) {
    this.options = options;
    const { namespace, cluster, pod } = options.name;
    this.subject = loadSubject(namespace, cluster, pod);
  }

  async start(pem: Pem): Promise<void> {
    const server = await FakeWorkerServer.listen(pem, this, this.options.name.pod);
    // Its pod may have gone meanwhile.
    if (this.isClosed) {
      server.close();
      return;
    }
    this.server = server;
    this.run();
  }

  close(): void {
    this.isClosed = true;
    for (const timer of [this.reportTimer, this.greetTimer, this.drainTimer]) clearTimeout(timer);
    this.server?.close();
  }

  get state(): FakeWorkerState {
    return {
      ...this.options.name,
      address: this.server?.address ?? '',
      isDraining: this.plan !== undefined,
      drainReason: this.plan?.request.reason ?? '',
      appliedVersion: String(this.appliedVersion),
    };
  }

  /** A worker came that would else not know of this one for up to a period. */
  greet(): void {
    this.greetTimer ??= setTimeout(() => {
      this.greetTimer = undefined;
      this.send();
    }, Math.random() * GREET_WITHIN_MS);
  }

  configure({ version }: { readonly version: bigint }): bigint {
    this.options.count('configures');
    if (version > this.appliedVersion) this.appliedVersion = version;
    return this.appliedVersion;
  }

  drain(request: DrainRequest): void {
    if (this.plan !== undefined) return;
    this.options.count('drains');
    this.plan = { request, beganMs: performance.now() };
    this.send();
    this.check();
  }

  undrain(): void {
    if (this.plan === undefined) return;
    this.options.count('undrains');
    this.plan = undefined;
    clearTimeout(this.drainTimer);
    this.send();
  }

  isDeaf(): boolean {
    return this.options.behaviour().isSilent;
  }

  private run(): void {
    this.send();
    const jitter = 1 + (Math.random() * 2 - 1) * JITTER_SHARE;
    this.reportTimer = setTimeout(() => this.run(), PERIOD_MS * jitter);
  }

  private check(): void {
    if (this.isEmpty()) this.options.onEmpty();
    else this.drainTimer = setTimeout(() => this.check(), CHECK_MS);
  }

  /** Publishers come back elsewhere when their grace is over, viewers at the deadline. */
  private isEmpty(): boolean {
    if (this.plan === undefined) return false;
    const { request, beganMs } = this.plan;
    const { drainMs, viewers } = this.options.behaviour();
    const sinceMs = performance.now() - beganMs;
    if (drainMs !== null) return sinceMs >= drainMs;
    if (sinceMs >= request.deadlineSeconds * 1_000) return true;
    return sinceMs >= request.lingerSeconds * 1_000 && this.publishers() === 0 && viewers === 0;
  }

  private publishers(): number {
    const { publishers } = this.options.behaviour();
    if (this.plan === undefined) return publishers;
    const { request, beganMs } = this.plan;
    const hasGrace = performance.now() - beganMs < request.publisherGraceSeconds * 1_000;
    return hasGrace ? publishers : 0;
  }

  private send(): void {
    const { behaviour, publish, count } = this.options;
    if (this.server === undefined || this.isClosed || behaviour().isSilent) return;
    count('reports');
    publish(this.subject, LoadReport.encode(this.report(this.server.address)).finish());
  }

  private report(grpcAddress: string): LoadReport {
    const { name, behaviour } = this.options;
    const { viewers, streams, watched, loopUtilization } = behaviour();
    const publishers = this.publishers();
    this.sequence += 1;
    return LoadReport.fromPartial({
      worker: name.pod,
      sequence: BigInt(this.sequence),
      sentUnixMs: BigInt(Date.now()),
      ...{ loopUtilization, streams, publishers, viewers, grpcAddress },
      connections: publishers + viewers,
      // As one of the chart's size at rest.
      rssBytes: 90_000_000n,
      arenaBytes: 16_000_000n,
      cpus: [0, 1],
      allowedCpus: [0, 1],
      memoryNodes: [0],
      draining: this.plan !== undefined,
      appliedVersion: this.appliedVersion,
      startedUnixMs: BigInt(this.startedUnixMs),
      pid: 1,
      viewersByProtocol: viewers > 0 ? { hls: viewers } : {},
      topStreams: watched === '' ? [] : [streamOf(watched, viewers)],
      admitting: true,
    });
  }
}

function streamOf(name: string, viewers: number): StreamInfo {
  const role = StreamInfo_Role.ROLE_INGEST_AND_HOME;
  return StreamInfo.fromPartial({ name, role, bitsPerSecond: 2e6, viewers: { hls: viewers } });
}
