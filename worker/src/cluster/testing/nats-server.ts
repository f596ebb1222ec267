import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as connectTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../../scripts/nats-server.sh', import.meta.url));
const START_TIMEOUT_MS = 10_000;

/** A real nats-server with JetStream on a free port of loopback. */
export class NatsServer {
  readonly url: string;
  private readonly port: number;
  private readonly folder: string;
  private child: ChildProcess | undefined = undefined;

  private constructor(port: number) {
    this.port = port;
    this.url = `nats://127.0.0.1:${port}`;
    this.folder = mkdtempSync(path.join(tmpdir(), 'sc-nats-'));
  }

  private get configFile(): string {
    return path.join(this.folder, 'nats.conf');
  }

  /** `config`: who may connect; anybody without. */
  static async start(config = ''): Promise<NatsServer> {
    const server = new NatsServer(await freePort());
    writeFileSync(server.configFile, config);
    await server.resume();
    return server;
  }

  /** Starts it (again) with what it had stored. */
  async resume(): Promise<void> {
    const binary = execFileSync(SCRIPT, { encoding: 'utf8' }).trim();
    const address = ['-a', '127.0.0.1', '-p', String(this.port)];
    const args = ['-js', ...address, '-sd', this.folder, '-c', this.configFile];
    this.child = spawn(binary, args, { stdio: 'ignore' });
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    while (!(await accepts(this.port))) {
      if (Date.now() > deadlineMs) throw new Error('nats-server does not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  /** Its connections stay, and nothing answers; resolves when all of its threads stand. */
  async hang(): Promise<void> {
    const { child } = this;
    child?.kill('SIGSTOP');
    while (child?.pid !== undefined && !isStopped(child.pid)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  wake(): void {
    this.child?.kill('SIGCONT');
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** As proc_pid_stat(5) has it: the state stands behind the name in brackets. */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
