import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { OperatorError } from '../errors.ts';
import { onLines } from './lines.ts';
import type { LogFile } from './log-file.ts';
import { freePort } from './ports.ts';
import type { RunRecord } from './run-record.ts';

export interface NatsProcessOptions {
  /** The checkout. */
  readonly root: string;
  /** JetStream's; emptied at the start. */
  readonly storeDir: string;
  readonly output: LogFile;
  readonly record: RunRecord;
  readonly log: Logger;
}

const HOST = '127.0.0.1';
const RESTART_MS = 500;
const STOP_MS = 5_000;

/** A nats-server of our own on loopback, started again when it ends. */
export class NatsProcess {
  private readonly options: NatsProcessOptions;
  private readonly binary: string;
  private readonly port: number;
  private child: ChildProcess | undefined = undefined;
  private isStopping = false;

  private constructor(options: NatsProcessOptions, binary: string, port: number) {
    this.options = options;
    this.binary = binary;
    this.port = port;
  }

  /** Rejects with NATS_MISSING. Does not wait until it answers. */
  static async start(options: NatsProcessOptions): Promise<NatsProcess> {
    const binary = findBinary(options.root);
    rmSync(options.storeDir, { recursive: true, force: true });
    mkdirSync(options.storeDir, { recursive: true });
    const nats = new NatsProcess(options, binary, await freePort(HOST));
    nats.spawn();
    return nats;
  }

  get url(): string {
    return `nats://${HOST}:${this.port}`;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    // The wrapper kills it when stdin ends.
    const force = setTimeout(() => child.stdin?.end(), STOP_MS).unref();
    await ended;
    clearTimeout(force);
  }

  private spawn(): void {
    const { root, storeDir, output, record, log } = this.options;
    const args = ['-a', HOST, '-p', String(this.port), '-js', '-sd', storeDir, '-n', 'local'];
    const wrapper = path.join(root, 'scripts/with-parent.sh');
    const child = spawn(wrapper, [this.binary, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.child = child;
    child.stdin.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      onLines(stream, (line) => output.write(`nats | ${line}`));
    }
    const { pid } = child;
    if (pid !== undefined) record.add('nats', pid);
    child.once('error', (error) => log.error({ err: error, code: 'NATS_MISSING' }, 'NATS failed'));
    child.once('close', (code, signal) => {
      if (pid !== undefined) record.remove(pid);
      if (this.isStopping) return;
      log.warn({ exitCode: code, signal, code: 'NATS_UNREACHABLE' }, 'nats-server ended by itself');
      setTimeout(() => {
        if (!this.isStopping) this.spawn();
      }, RESTART_MS).unref();
    });
  }
}

function findBinary(root: string): string {
  const script = path.join(root, 'scripts/nats-server.sh');
  const { status, stdout, stderr } = spawnSync(script, { encoding: 'utf8' });
  const binary = stdout.trim();
  if (status === 0 && binary !== '') return binary;
  throw new OperatorError('NATS_MISSING', stderr.trim().split('\n').at(-1));
}
