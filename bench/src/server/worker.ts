import path from 'node:path';
import type { EngineStats } from '@streamcluster/worker';
import { HOST } from '../workloads/environment.ts';
import { SERVER_CPU } from '../measure/window.ts';
import { freePort } from './free-port.ts';
import { ServerProcess } from './process.ts';
import { cpuMsOf, processTree, residentBytesOf } from './process-tree.ts';
import { NODE, ROOT } from './root.ts';
import type {
  ServerCounters,
  ServerKind,
  ServerNeed,
  ServerPaths,
  ServerPorts,
  ServerUnderTest,
  TlsFiles,
} from './server.ts';

const READY_MS = 30_000;
const CLUSTER = 'bench';

interface Ports {
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly adminPort: number;
  readonly httpsPort?: number;
}

export interface WorkerOptions {
  readonly id: string;
  /** Folder of the repository; this one by default. */
  readonly root?: string;
  readonly natsUrl: string;
  /** By default the CPU under test; a relay's home may be beside the generator. */
  readonly cpu?: number;
  readonly ticks?: Pick<ServerNeed, 'sendTickMs' | 'readTickMs'>;
  /** Files of these names lie in one folder: tls.crt and tls.key. */
  readonly tls?: TlsFiles | undefined;
}

/** What /debug/loop says, as far as it is used here. */
export interface WorkerLoop {
  readonly engine: EngineStats;
  /** Since somebody asked last. */
  readonly sinceLastLook: { readonly turnTime: { readonly maxMs: number } };
}

/** One worker process, alone on its ports, pinned. */
export class WorkerUnderTest implements ServerUnderTest {
  readonly kind: ServerKind;
  readonly ports: ServerPorts;
  readonly paths: ServerPaths = {
    flv: (app, name) => `/${app}/${name}.flv`,
    wsFlv: (app, name) => `/${app}/${name}.flv`,
    playlist: (app, name) => `/${app}/${name}.m3u8`,
    segment: (app, name, n) => `/${app}/${name}/${n}.ts`,
  };
  readonly rtmpPort: number;
  readonly httpPort: number;
  private readonly adminPort: number;
  private readonly process: ServerProcess;

  private constructor(process: ServerProcess, ports: Ports, kind: ServerKind) {
    this.kind = kind;
    this.process = process;
    this.rtmpPort = ports.rtmpPort;
    this.httpPort = ports.httpPort;
    this.adminPort = ports.adminPort;
    const { httpsPort: https } = ports;
    const tls = https === undefined ? {} : { https };
    this.ports = { rtmp: ports.rtmpPort, http: ports.httpPort, ...tls };
  }

  static async start(options: WorkerOptions): Promise<WorkerUnderTest> {
    const { id, root = ROOT, natsUrl, cpu = SERVER_CPU, ticks = {}, tls } = options;
    const [rtmpPort, httpPort] = [await freePort(), await freePort()];
    const command = [
      NODE,
      // As the operator starts workers of one CPU.
      '--max-semi-space-size=8',
      '--single-threaded-gc',
      path.join(root, 'worker/src/main.ts'),
      ...['--id', id, '--namespace', 'default', '--cluster', CLUSTER, '--bucket', CLUSTER],
      ...['--nats', natsUrl, '--listen', HOST, '--advertise', HOST, '--admin-host', HOST],
      ...['--rtmp-port', String(rtmpPort), '--http-port', String(httpPort)],
      ...['--admin-port', '0', '--grpc-port', '0', '--log-level', 'info'],
      ...tickFlags(ticks),
      ...(tls === undefined ? [] : await tlsFlags(tls)),
    ];
    const child = new ServerProcess(`worker ${id}`, cpu, command);
    try {
      const kind = root === ROOT ? 'worker' : 'worker-before-sessions';
      return new WorkerUnderTest(child, await child.line(readyPorts, READY_MS), kind);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Counters of the worker's engine, now. */
  async engine(): Promise<EngineStats> {
    return (await this.loop()).engine;
  }

  async loop(): Promise<WorkerLoop> {
    const response = await fetch(`http://${HOST}:${this.adminPort}/debug/loop`);
    if (!response.ok) throw new Error(`/debug/loop answered ${response.status}`);
    return (await response.json()) as WorkerLoop;
  }

  async counters(): Promise<ServerCounters> {
    const stats = await this.engine();
    return {
      sendCalls: stats.sendCallsTotal,
      readCalls: stats.readCallsTotal,
      bytesSent: stats.bytesSentTotal,
      bytesReceived: stats.bytesReceivedTotal,
    };
  }

  residentBytes(): number {
    return residentBytesOf(processTree(this.pid));
  }

  cpuMs(): number {
    return cpuMsOf(processTree(this.pid));
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

/** Without them both ticks follow the load. */
function tickFlags({ sendTickMs, readTickMs }: NonNullable<WorkerOptions['ticks']>): string[] {
  return [
    ...(sendTickMs === undefined ? [] : ['--send-tick-ms', String(sendTickMs)]),
    ...(readTickMs === undefined ? [] : ['--read-tick-ms', String(readTickMs)]),
  ];
}

async function tlsFlags({ certFile }: TlsFiles): Promise<string[]> {
  const [https, rtmps] = [await freePort(), await freePort()];
  const ports = ['--https-port', String(https), '--rtmps-port', String(rtmps)];
  return ['--tls-dir', path.dirname(certFile), ...ports];
}

/** The ports of the log line that says that the worker is ready. */
function readyPorts(line: string): Ports | undefined {
  if (!line.includes('worker ready')) return undefined;
  return JSON.parse(line) as Ports;
}
