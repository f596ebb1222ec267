import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { SERVER_CPU } from '../measure/window.ts';
import { ServerProcess } from './process.ts';
import { NODE, ROOT } from './root.ts';
import type {
  ServerCounters,
  ServerFactory,
  ServerNeed,
  ServerPorts,
  ServerTask,
  ServerUnderTest,
} from './server.ts';
import { ProcessUnderTest } from './under-test.ts';

const NATIVE = path.join(ROOT, 'bench/native');
const PROGRAM = path.join(NATIVE, 'build/floor');
const ADDON = path.join(NATIVE, 'build/floor-tls.node');
/** Words of the command line behind `-e` and what it says are process.argv from 1. */
const RUN_ADDON = 'require(process.argv[1]).run(process.argv.slice(1))';
const READY_MS = 10_000;
const COUNTS_MS = 5_000;

interface Job {
  readonly name: string;
  readonly port: keyof ServerPorts;
  /** Over TLS: runs inside Node, for its OpenSSL. */
  readonly isAddon?: boolean;
}

/** Of players with a mind of their own there is no floor. */
const JOBS: Record<Exclude<ServerTask, 'hls'>, Job> = {
  flv: { name: 'flv', port: 'http' },
  rtmp: { name: 'rtmp', port: 'raw' },
  ingest: { name: 'ingest', port: 'raw' },
  playlist: { name: 'playlist', port: 'http' },
  segment: { name: 'segment', port: 'http' },
  'https-flv': { name: 'tls-flv', port: 'https', isAddon: true },
  'https-segment': { name: 'tls-segment', port: 'https', isAddon: true },
};

/** A bare program that does only the system calls and page costs of the task. */
export const floor: ServerFactory = {
  kind: 'floor',
  tasks: Object.keys(JOBS) as ServerTask[],

  async available() {
    try {
      await promisify(execFile)('make', ['--no-print-directory', '-C', NATIVE]);
      return undefined;
    } catch (error) {
      return `the floor cannot be built: ${(error as { stderr?: string }).stderr ?? String(error)}`;
    }
  },

  async start(need) {
    if (need.task === 'hls') throw new Error('a floor does not know players of HLS');
    const job: Job = JOBS[need.task];
    const program = job.isAddon === true ? [NODE, '-e', RUN_ADDON, '--', ADDON] : [PROGRAM];
    const command = [...program, job.name, ...floorFlags(need)];
    const child = new ServerProcess(`floor ${job.name}`, SERVER_CPU, command);
    try {
      const { port } = (await child.line(after('ready '), READY_MS)) as { port: number };
      return underTest(child, { [job.port]: port });
    } catch (error) {
      await child.stop();
      throw error;
    }
  },
};

/** Flags of bench/native/src/args.c. */
export function floorFlags(need: ServerNeed): string[] {
  const values = {
    '--tick-ms': need.task === 'ingest' ? need.readTickMs : need.sendTickMs,
    '--clip': need.clipFile,
    '--bits-per-second': need.bitsPerSecond,
    '--body-bytes': need.bodyBytes,
    '--streams': need.streams,
    '--keep-ms': need.keepMs,
    '--copy': need.isCopying === true ? 1 : undefined,
    '--cert': need.tls?.certFile,
    '--key': need.tls?.keyFile,
  };
  return Object.entries(values).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, String(value)],
  );
}

function underTest(child: ServerProcess, ports: ServerPorts): ServerUnderTest {
  const reports = new Reports(child);
  return new ProcessUnderTest({
    kind: 'floor',
    process: child,
    ports,
    // The floor reads no path.
    paths: {
      flv: (app, name) => `/${app}/${name}.flv`,
      wsFlv: (app, name) => `/${app}/${name}.flv`,
      playlist: (app, name) => `/${app}/${name}.m3u8`,
      segment: (app, name, n) => `/${app}/${name}/${n}.ts`,
    },
    counters: () => reports.next(),
  });
}

/** Asks for counts one request after the other: of several signals the kernel makes one. */
class Reports {
  private readonly child: ServerProcess;
  private latest: Promise<unknown> = Promise.resolve();
  private count = 0;

  constructor(child: ServerProcess) {
    this.child = child;
  }

  next(): Promise<ServerCounters> {
    const report = this.latest.then(() => this.ask());
    this.latest = report.catch(() => undefined);
    return report;
  }

  private ask(): Promise<ServerCounters> {
    const wanted = ++this.count;
    process.kill(this.child.pid, 'SIGUSR1');
    return this.child.line((line) => countsOf(line, wanted), COUNTS_MS);
  }
}

function countsOf(line: string, wanted: number): ServerCounters | undefined {
  const counts = after('counts ')(line) as (ServerCounters & { report: number }) | undefined;
  return counts?.report === wanted ? counts : undefined;
}

function after(word: string): (line: string) => unknown {
  return (line) =>
    line.startsWith(word) ? (JSON.parse(line.slice(word.length)) as unknown) : undefined;
}
