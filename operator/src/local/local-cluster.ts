import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Logger } from 'pino';
import type { StreamClusterStatus } from '../api/status.ts';
import { realClock } from '../clock.ts';
import { GrpcWorkerControl } from '../control/worker-control.ts';
import { sweepBuckets } from '../fleet/adapters/bucket-sweep.ts';
import { natsErrorCode } from '../fleet/adapters/nats-errors.ts';
import { NatsLink } from '../fleet/adapters/nats-link.ts';
import type { ManagedCluster } from '../managed-cluster.ts';
import { ConsoleAuth } from '../http/auth/console-auth.ts';
import { isLoopback } from '../http/auth/networks.ts';
import { Operator } from '../operator.ts';
import { hasTls } from '../specs/user-ports.ts';
import type { LocalFlags } from './flags.ts';
import { LogFile } from './log-file.ts';
import { NatsProcess } from './nats-process.ts';
import { probePort } from './ports.ts';
import { ResourceFile } from './resource-file.ts';
import { RunRecord } from './run-record.ts';
import { LocalRuntime } from './runtime.ts';
import { readTopology } from './topology.ts';
import { workerCommand, type WorkerSettings } from './worker-command.ts';

const GRPC_HOST = '127.0.0.1';
/** Of a run that hangs: its workers take newcomers again by themselves. */
const CLOSED_SECONDS = 30;

/** NATS unless one is given, the operator, and workers as processes. */
export class LocalCluster {
  readonly flags: LocalFlags;
  private readonly record: RunRecord;
  private readonly resourceFile: ResourceFile;
  private readonly workersLog: LogFile;
  private readonly log: Logger;
  private nats: NatsProcess | undefined = undefined;
  private runtime: LocalRuntime | undefined = undefined;
  private operator: Operator | undefined = undefined;
  private managed: ManagedCluster | undefined = undefined;
  private link: NatsLink | undefined = undefined;
  private readonly control = new GrpcWorkerControl();

  private constructor(flags: LocalFlags, record: RunRecord, log: Logger) {
    this.flags = flags;
    this.record = record;
    this.log = log;
    this.resourceFile = new ResourceFile(flags.file, log);
    this.workersLog = new LogFile(path.join(flags.runDir, 'logs/workers.log'));
  }

  /**
   * Rejects with a code of docs/errors.md, with nothing left running. Workers
   * start after it resolves; NATS may answer later.
   */
  static async start(flags: LocalFlags, log: Logger): Promise<LocalCluster> {
    const { record, killed } = await RunRecord.claim(path.join(flags.runDir, 'run.json'), log);
    if (killed > 0) log.warn({ killed }, 'processes of an earlier run were ended');
    let cluster: LocalCluster | undefined;
    try {
      cluster = new LocalCluster(flags, record, log);
      await cluster.startParts();
      return cluster;
    } catch (error) {
      await cluster?.stop();
      record.close();
      throw error;
    }
  }

  get status(): StreamClusterStatus | undefined {
    return this.managed?.status;
  }

  /** As the file said at the start: workers that run open no further ports. */
  get hasTls(): boolean {
    return hasTls(this.resourceFile.snapshot.resource);
  }

  /** Workers first, what they need last. Safe to call again. */
  async stop(): Promise<void> {
    this.resourceFile.close();
    await this.operator?.stopActing();
    await this.runtime?.stopAll();
    await this.operator?.close();
    this.control.close();
    await this.link?.close();
    await this.nats?.stop();
    await this.workersLog.close();
    this.record.close();
  }

  /** At once, nothing is waited for. */
  kill(): void {
    this.record.killAll();
    this.record.close();
  }

  private async startParts(): Promise<void> {
    const { flags, resourceFile, log } = this;
    await this.probePorts();
    const natsUrl = await this.natsUrl();
    // A bucket of its own for each run: nothing of the last one's streams lives.
    const identity = createHash('sha256').update(flags.file).digest('hex').slice(0, 12);
    const prefix = `sc-${identity}-`;
    const bucket = prefix + randomBytes(4).toString('hex');
    const settings = { ...this.workerSettings(), natsUrl, bucket };
    const runtime = this.makeRuntime(settings);
    this.runtime = runtime;
    const operator = new Operator({
      notReady: () => this.notReady(),
      mediaPorts: { http: flags.httpPort, https: flags.httpsPort },
      // On loopback it is whoever sits here.
      auth: new ConsoleAuth({
        flags,
        openRole: isLoopback(flags.apiHost) ? 'admin' : 'viewer',
        log,
      }),
      log,
    });
    this.operator = operator;
    settings.operator = `${GRPC_HOST}:${await operator.listenGrpc(GRPC_HOST, 0)}`;
    await operator.listenHttp({ host: flags.apiHost, port: flags.apiPort });
    const { namespace, name } = runtime.resource().resource.metadata;
    this.managed = operator.manage(`${namespace}/${name}`, {
      runtime,
      link: this.connect(natsUrl, (other) => other !== bucket && other.startsWith(prefix)),
      control: this.control,
      directory: { bucket, storage: 'file', replicas: 1 },
      endpoints: {
        rtmp: flags.rtmpPort,
        http: flags.httpPort,
        rtmps: flags.rtmpsPort,
        https: flags.httpsPort,
      },
    });
    operator.startActing();
    runtime.watchHangs(this.managed.fleet);
    resourceFile.watch();
  }

  /** Directories of earlier runs are removed once there is a connection. */
  private connect(url: string, isOrphan: (bucket: string) => boolean): NatsLink {
    const { log } = this;
    const link = new NatsLink({ url, clock: realClock, log });
    const end = link.onConnection(() => {
      const { connection } = link;
      if (connection === undefined) return;
      end();
      sweepBuckets({ connection, isOrphan, log }).catch((error: unknown) => {
        log.warn({ err: error, code: natsErrorCode(error) }, 'old buckets not removed');
      });
    });
    link.start();
    this.link = link;
    return link;
  }

  private notReady(): string | undefined {
    if (this.managed?.fleet.isBusConnected !== true) return 'NATS_UNREACHABLE';
    return this.managed.isLoaded ? undefined : 'the directory is not read yet';
  }

  private async probePorts(): Promise<void> {
    const { listen, rtmpPort, httpPort, rtmpsPort, httpsPort, apiHost, apiPort } = this.flags;
    const ports = [rtmpPort, httpPort, ...(this.hasTls ? [rtmpsPort, httpsPort] : [])];
    for (const host of listen) {
      for (const port of ports) await probePort(host, port);
    }
    await probePort(apiHost, apiPort);
  }

  private async natsUrl(): Promise<string> {
    const { flags, record, workersLog, log } = this;
    const given = flags.nats ?? this.resourceFile.snapshot.resource.spec.nats.url;
    if (given !== undefined) return given;
    const storeDir = path.join(flags.runDir, 'nats');
    this.nats = await NatsProcess.start({
      root: flags.root,
      storeDir,
      output: workersLog,
      record,
      log,
    });
    return this.nats.url;
  }

  private workerSettings(): WorkerSettings & { operator: string } {
    const { root, listen, rtmpPort, httpPort, rtmpsPort, httpsPort } = this.flags;
    return {
      ...{ node: process.execPath, root, listen, rtmpPort, httpPort, rtmpsPort, httpsPort },
      tlsDir: path.resolve(this.flags.tlsDir),
      accessDir: path.resolve(this.flags.accessDir),
      otlpEndpoint: this.flags.otlpEndpoint,
      ...{ natsUrl: '', bucket: '', operator: '' },
    };
  }

  /** As the label does on Kubernetes: workers share their ports here. */
  private async accept(worker: string, accepting: boolean): Promise<void> {
    const sighting = this.managed?.fleet.get(worker);
    // One that was not heard of yet has closed nothing.
    if (sighting === undefined) return;
    const forSeconds = accepting ? 0 : CLOSED_SECONDS;
    await this.control.accept(sighting.report.grpcAddress, { accepting, forSeconds });
  }

  private makeRuntime(settings: WorkerSettings): LocalRuntime {
    const { flags, resourceFile, workersLog: output, record, log } = this;
    return new LocalRuntime({
      ...{ resourceFile, output, record, log },
      statusFile: path.join(flags.runDir, 'status.yaml'),
      topology: readTopology(),
      command: (resource, place) => workerCommand(settings, resource, place),
      accept: async (worker, accepting) => await this.accept(worker, accepting),
    });
  }
}
