import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import YAML from 'yaml';
import { Api } from './api.ts';
import { Child } from './child.ts';
import { eventually, eventuallyTrue } from './eventually.ts';
import { freePort } from '@streamcluster/bench';
import { NODE, ROOT, scratchFolder } from './paths.ts';
import { commandLine, descendants } from './procfs.ts';

const SECRET = 'users';
const READY_MS = 90_000;
const STOP_MS = 60_000;
const PUBLISH_MS = 20_000;

export interface ClusterOptions {
  readonly replicas?: number;
  /** Where everything of it is written; removed when it stops. */
  readonly folder?: string;
  readonly policy?: 'Random' | 'TwoChoices' | 'Local';
  readonly publisherGraceSeconds?: number;
  readonly maxLagSeconds?: number;
  /** Of page and API, by role; without: no login. */
  readonly tokens?: { readonly admin: string; readonly viewer: string };
  /** Names in the certificate that users see; without: no TLS. */
  readonly certificateFor?: readonly string[];
  /** Each worker has a port of its own, to which viewers are sent. */
  readonly redirect?: boolean;
  /** Of a server of the test's own; without: what `make run` starts. */
  readonly natsUrl?: string;
  /** spec.access. */
  readonly access?: object;
  /** What would be in the Secret of spec.access, by name. */
  readonly accessKeys?: Readonly<Record<string, string>>;
  /** Disabled where a test moves streams itself. */
  readonly rebalance?: 'Auto' | 'DryRun' | 'Disabled';
}

/** A worker's process, by the id that the API shows. */
export interface WorkerProcess {
  readonly id: string;
  readonly pid: number;
}

/** What `make run` starts, on ports and in a folder of its own. */
export class TestCluster {
  readonly folder: string;
  readonly resourceFile: string;
  readonly operator: Child;
  readonly api: Api;
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly rtmpsPort: number;
  readonly httpsPort: number;

  protected constructor(folder: string, operator: Child, ports: Required<Ports>, token?: string) {
    this.folder = folder;
    this.resourceFile = path.join(folder, 'cluster.yaml');
    this.operator = operator;
    this.rtmpPort = ports.rtmp;
    this.httpPort = ports.http;
    this.rtmpsPort = ports.rtmps;
    this.httpsPort = ports.https;
    this.api = new Api(`http://127.0.0.1:${ports.api}`, token);
  }

  /** Resolves when every worker is ready. */
  static async start(name: string, options: ClusterOptions = {}): Promise<TestCluster> {
    const { folder = scratchFolder(name) } = options;
    fs.mkdirSync(folder, { recursive: true });
    const plain = { rtmp: await freePort(), http: await freePort(), api: await freePort() };
    const ports = { ...plain, rtmps: await freePort(), https: await freePort() };
    if (options.certificateFor !== undefined) makeCertificate(folder, options.certificateFor);
    writeResource(path.join(folder, 'cluster.yaml'), options);
    writeKeys(path.join(folder, 'access'), options.accessKeys ?? {});
    const { tokens, natsUrl } = options;
    if (tokens !== undefined) writeKeys(path.join(folder, 'tokens'), tokens);
    const more = { natsUrl, hasTokens: tokens !== undefined };
    const operator = startOperator(folder, ports, more);
    const cluster = new TestCluster(folder, operator, ports, tokens?.admin);
    try {
      await cluster.ready(options.replicas ?? 3);
    } catch (error) {
      await cluster.stop();
      throw new Error(`the cluster did not start:\n${cluster.operator.output}`, { cause: error });
    }
    return cluster;
  }

  rtmpUrl(stream: string): string {
    return `rtmp://127.0.0.1:${this.rtmpPort}/${stream}`;
  }

  /** `extension` is flv or m3u8. */
  httpUrl(stream: string, extension: string): string {
    return `http://127.0.0.1:${this.httpPort}/${stream}.${extension}`;
  }

  rtmpsUrl(stream: string): string {
    return `rtmps://127.0.0.1:${this.rtmpsPort}/${stream}`;
  }

  httpsUrl(stream: string, extension: string): string {
    return `https://127.0.0.1:${this.httpsPort}/${stream}.${extension}`;
  }

  wssUrl(stream: string): string {
    return `wss://127.0.0.1:${this.httpsPort}/${stream}.flv`;
  }

  wsUrl(stream: string): string {
    return `ws://127.0.0.1:${this.httpPort}/${stream}.flv`;
  }

  /** What clients have to believe. */
  get certificateFile(): string {
    return path.join(this.folder, 'tls', SECRET, 'tls.crt');
  }

  /** Puts another certificate in the place of the one that users see; returns it. */
  renewCertificate(names: readonly string[]): Buffer {
    const next = path.join(this.folder, 'renewed');
    makeCertificate(next, names);
    const [from, to] = [path.join(next, 'tls', SECRET), path.dirname(this.certificateFile)];
    // As with a Secret, no file is ever there in part.
    for (const file of ['tls.key', 'tls.crt']) {
      fs.renameSync(path.join(from, file), path.join(to, file));
    }
    return fs.readFileSync(this.certificateFile);
  }

  /** Worker processes that run now. */
  workers(): WorkerProcess[] {
    return descendants(this.operator.pid).flatMap((pid) => {
      const words = commandLine(pid);
      const at = words.indexOf('--id');
      const id = words[at + 1];
      const isWorker = words.some((word) => word.endsWith('worker/src/main.ts'));
      return isWorker && at >= 0 && id !== undefined ? [{ id, pid }] : [];
    });
  }

  /** Where the directory is, as workers were told. */
  nats(): { natsUrl: string; bucket: string } {
    const [pid = 0] = this.workerPids();
    const words = commandLine(pid);
    const valueOf = (flag: string): string => words[words.indexOf(flag) + 1] ?? '';
    return { natsUrl: valueOf('--nats'), bucket: valueOf('--bucket') };
  }

  /** What workers have said so far, line by line. */
  workerLog(): string[] {
    return fs.readFileSync(path.join(this.folder, 'logs/workers.log'), 'utf8').split('\n');
  }

  /** The own ports of workers that run, from their log. */
  adminPorts(): number[] {
    return [...this.readyLines().values()].map(({ adminPort }) => adminPort);
  }

  /** Where the worker's control answers, `host:port`. */
  grpcAddress(id: string): string {
    const found = this.readyLines().get(id);
    if (found === undefined) throw new Error(`worker ${id} was never ready`);
    return found.grpcAddress;
  }

  /** What each worker said last when it was ready. */
  private readyLines(): Map<string, ReadyLine> {
    const ready = this.workerLog().filter((line) => line.includes('"worker ready"'));
    const lines = ready.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as ReadyLine);
    return new Map(lines.map((line) => [line.worker, line]));
  }

  workerPids(): number[] {
    return this.workers().map(({ pid }) => pid);
  }

  worker(id: string): WorkerProcess {
    const found = this.workers().find((worker) => worker.id === id);
    if (found === undefined) throw new Error(`worker ${id} does not run`);
    return found;
  }

  async ready(replicas: number): Promise<void> {
    await eventuallyTrue(`${replicas} workers ready`, READY_MS, async () => {
      if (!this.operator.running) throw new Error(this.operator.output);
      const { status } = await this.api.cluster();
      return status.readyReplicas === replicas;
    });
  }

  /** Waits until the API shows the stream live. */
  live(stream: string): ReturnType<Api['stream']> {
    return eventually(`${stream} is live`, PUBLISH_MS, async () => {
      const found = await this.api.stream(stream);
      return found?.state === 'live' ? found : undefined;
    });
  }

  /** Ends everything and removes the folder. Returns what the operator said. */
  async stop(): Promise<string> {
    const { output } = await this.operator.stop('SIGTERM', STOP_MS);
    fs.rmSync(this.folder, { recursive: true, force: true });
    return output;
  }
}

interface ReadyLine {
  readonly worker: string;
  readonly adminPort: number;
  readonly grpcAddress: string;
}

export interface Ports {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
  /** Undefined: those of `make run`, which nobody opens without a certificate. */
  readonly rtmps?: number;
  readonly https?: number;
}

interface OperatorExtras {
  readonly natsUrl?: string | undefined;
  /** Tokens of page and API lie in the folder. */
  readonly hasTokens?: boolean;
}

export function startOperator(folder: string, ports: Ports, more: OperatorExtras = {}): Child {
  return new Child(NODE, [path.join(ROOT, 'operator/src/run.ts')], {
    cwd: ROOT,
    env: {
      ...process.env,
      SC_RUN_DIR: folder,
      SC_FILE: path.join(folder, 'cluster.yaml'),
      SC_RTMP_PORT: String(ports.rtmp),
      SC_HTTP_PORT: String(ports.http),
      ...(ports.rtmps !== undefined && { SC_RTMPS_PORT: String(ports.rtmps) }),
      ...(ports.https !== undefined && { SC_HTTPS_PORT: String(ports.https) }),
      SC_TLS_DIR: path.join(folder, 'tls'),
      ...(more.hasTokens === true && { SC_CONSOLE_AUTH_DIR: path.join(folder, 'tokens') }),
      SC_ACCESS_DIR: path.join(folder, 'access'),
      SC_API_PORT: String(ports.api),
      ...(more.natsUrl !== undefined && { SC_NATS: more.natsUrl }),
    },
  });
}

/** In the form of a Secret. */
function writeKeys(secret: string, keys: Readonly<Record<string, string>>): void {
  fs.mkdirSync(secret);
  for (const [name, text] of Object.entries(keys)) fs.writeFileSync(path.join(secret, name), text);
}

/** Signed by itself, in the form of a Secret. */
function makeCertificate(folder: string, names: readonly string[]): void {
  const secret = path.join(folder, 'tls', SECRET);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const alternatives = names.map((name) => (isIP(name) === 0 ? `DNS:${name}` : `IP:${name}`));
  fs.mkdirSync(secret, { recursive: true });
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', ...curve, '-subj', '/CN=e2e', '-days', '2'],
      ...['-keyout', 'tls.key', '-out', 'tls.crt'],
      ...['-addext', `subjectAltName=${alternatives.join(',')}`],
    ],
    { cwd: secret, stdio: 'ignore' },
  );
}

/** The resource that `make run` watches. */
export function writeResource(file: string, options: ClusterOptions): void {
  const { replicas = 3, policy = 'Random', publisherGraceSeconds = 4, maxLagSeconds = 5 } = options;
  const resource = {
    apiVersion: 'streamcluster.dev/v1alpha1',
    kind: 'StreamCluster',
    metadata: { name: 'e2e', namespace: 'default' },
    spec: {
      fixed: { replicas },
      placement: { policy },
      rebalance: { mode: options.rebalance ?? 'Auto' },
      ...(options.redirect === true && { service: { redirect: { mode: 'HostPorts' } } }),
      streams: { publisherGraceSeconds, maxLagSeconds },
      ...(options.certificateFor !== undefined && { tls: { secretNames: [SECRET] } }),
      ...(options.access !== undefined && { access: options.access }),
    },
  };
  fs.writeFileSync(file, YAML.stringify(resource));
}
