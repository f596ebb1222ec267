import fs from 'node:fs';
import path from 'node:path';
import type { EngineStats } from '@streamcluster/worker';
import { HOST } from '../workloads/environment.ts';
import { SERVER_CPU } from '../measure/window.ts';
import { freePort } from './free-port.ts';
import { ServerProcess } from './process.ts';

const READY_MS = 30_000;
const CLUSTER = 'bench';
/** Unit of times in /proc. */
const JIFFY_MS = 10;

interface Ports {
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly adminPort: number;
}

export interface WorkerOptions {
  readonly id: string;
  readonly natsUrl: string;
  /** The checkout. */
  readonly root: string;
}

/** One worker process, alone on its ports, pinned. */
export class WorkerUnderTest {
  readonly rtmpPort: number;
  readonly httpPort: number;
  private readonly adminPort: number;
  private readonly process: ServerProcess;

  private constructor(process: ServerProcess, ports: Ports) {
    this.process = process;
    this.rtmpPort = ports.rtmpPort;
    this.httpPort = ports.httpPort;
    this.adminPort = ports.adminPort;
  }

  static async start({ id, natsUrl, root }: WorkerOptions): Promise<WorkerUnderTest> {
    const [rtmpPort, httpPort] = [await freePort(), await freePort()];
    const command = [
      path.join(root, 'node_modules/.bin/node'),
      // As the operator starts workers of one CPU.
      '--max-semi-space-size=8',
      '--single-threaded-gc',
      path.join(root, 'worker/src/main.ts'),
      ...['--id', id, '--namespace', 'default', '--cluster', CLUSTER, '--bucket', CLUSTER],
      ...['--nats', natsUrl, '--listen', HOST, '--advertise', HOST, '--admin-host', HOST],
      ...['--rtmp-port', String(rtmpPort), '--http-port', String(httpPort)],
      ...['--admin-port', '0', '--grpc-port', '0', '--log-level', 'info'],
    ];
    const child = new ServerProcess(`worker ${id}`, SERVER_CPU, command);
    try {
      return new WorkerUnderTest(child, await child.line(readyPorts, READY_MS));
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  /** Counters of the worker's engine, now. */
  async engine(): Promise<EngineStats> {
    const response = await fetch(`http://${HOST}:${this.adminPort}/debug/loop`);
    if (!response.ok) throw new Error(`/debug/loop answered ${response.status}`);
    return ((await response.json()) as { engine: EngineStats }).engine;
  }

  residentBytes(): number {
    const status = fs.readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** CPU time of the process, without softirq work in the kernel's idle time. */
  cpuMs(): number {
    const stat = fs.readFileSync(`/proc/${this.process.pid}/stat`, 'utf8');
    // Behind the name in brackets, which may hold spaces: utime and stime are 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * JIFFY_MS;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

/** The ports of the log line that says that the worker is ready. */
function readyPorts(line: string): Ports | undefined {
  if (!line.includes('worker ready')) return undefined;
  return JSON.parse(line) as Ports;
}
