import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '@streamcluster/bench';
import { pino } from 'pino';
import { ResourceFile } from '../../../operator/src/local/resource-file.ts';
import { workerCommand } from '../../../operator/src/local/worker-command.ts';
import { Child } from '../harness/child.ts';
import { TestCluster, writeResource, type Ports, type WorkerProcess } from '../harness/cluster.ts';
import { Nats } from '../harness/nats.ts';
import { NODE, ROOT, scratchFolder } from '../harness/paths.ts';

const BUCKET = 'loose';
const HOST = '127.0.0.1';

/**
 * Workers, NATS and the operator as processes of the test, none of which owns
 * another: the operator can be killed, as its pod can.
 */
export class LooseCluster extends TestCluster {
  private readonly natsServer: Nats;
  private readonly children: ReadonlyMap<string, ChildProcess>;
  private readonly startOperator: () => Child;
  private current: Child;

  private constructor(parts: Parts) {
    const operator = parts.startOperator();
    super(parts.folder, operator, parts.ports);
    this.current = operator;
    this.startOperator = parts.startOperator;
    this.natsServer = parts.nats;
    this.children = parts.workers;
  }

  static async startLoose(replicas: number): Promise<LooseCluster> {
    const folder = scratchFolder('loose');
    const nats = await Nats.start();
    const file = path.join(folder, 'cluster.yaml');
    writeResource(file, { replicas });
    const free = { rtmp: await freePort(), http: await freePort(), api: await freePort() };
    const ports = { ...free, rtmps: await freePort(), https: await freePort() };
    const grpc = await freePort();
    const names = Array.from({ length: replicas }, (_, slot) => `w-${slot}`);
    const settings = {
      ...{ node: process.execPath, root: ROOT, natsUrl: nats.url, bucket: BUCKET },
      ...{ operator: `${HOST}:${grpc}`, listen: [HOST], tlsDir: folder, accessDir: folder },
      ...{ rtmpPort: ports.rtmp, httpPort: ports.http },
      ...{ rtmpsPort: ports.rtmps, httpsPort: ports.https },
    };
    const { resource } = new ResourceFile(file, pino({ enabled: false })).snapshot;
    fs.mkdirSync(path.join(folder, 'logs'));
    const log = fs.openSync(path.join(folder, 'logs/workers.log'), 'a');
    const workers = new Map(
      names.map((name, slot) => {
        const {
          file: node,
          args,
          env,
        } = workerCommand(settings, resource, { name, slot, cpus: [] });
        // They end with the pipe that is their stdin.
        return [name, spawn(node, args, { env, stdio: ['pipe', log, log] })];
      }),
    );
    const flags = {
      file,
      nats: nats.url,
      bucket: BUCKET,
      workers: names.join(),
      grpc,
      api: ports.api,
    };
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
    const script = path.join(import.meta.dirname, 'operator-alone.ts');
    const startOperator = (): Child => new Child(NODE, [script, ...args], { cwd: ROOT });
    const cluster = new LooseCluster({ folder, ports, nats, workers, startOperator });
    await cluster.ready(replicas);
    return cluster;
  }

  override workers(): WorkerProcess[] {
    return [...this.children].flatMap(([id, { pid, exitCode, signalCode }]) => {
      const runs = pid !== undefined && exitCode === null && signalCode === null;
      return runs ? [{ id, pid }] : [];
    });
  }

  override async stop(): Promise<string> {
    await this.current.stop('SIGKILL');
    for (const child of this.children.values()) child.kill('SIGKILL');
    await this.natsServer.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
    return this.current.output;
  }

  async killOperator(): Promise<void> {
    await this.current.stop('SIGKILL');
  }

  /** Another process, that knows nothing of the one before. */
  replaceOperator(): void {
    this.current = this.startOperator();
  }

  /** Of the present operator. */
  get operatorOutput(): string {
    return this.current.output;
  }
}

interface Parts {
  readonly folder: string;
  readonly ports: Required<Ports>;
  readonly nats: Nats;
  readonly workers: ReadonlyMap<string, ChildProcess>;
  readonly startOperator: () => Child;
}
