import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { publish } from '../clients/ffmpeg.ts';
import { directoryEntries, type DirectoryEntry } from '../clients/directory.ts';
import { FlvViewer } from '../clients/flv.ts';
import { scrapeAt } from '../clients/metrics.ts';
import { StreamServers } from '../clients/servers.ts';
import { Api } from '../harness/api.ts';
import { Child } from '../harness/child.ts';
import { eventually, eventuallyTrue } from '../harness/eventually.ts';
import { NODE, ROOT, scratchFolder } from '../harness/paths.ts';
import { FaultNet } from './fault-net.ts';

export const NATS = 'nats';
export const OPERATOR = 'operator';

const BUCKET = 'sc-faults';
const READY_MS = 60_000;
const PORTS = { nats: 4222, api: 8088, place: 9092, admin: 9090, grpc: 9091 };
export const MEDIA_PORTS = { http: 8080, rtmp: 1935 };

export interface FaultSiteOptions {
  readonly workers: number;
  readonly publisherGraceSeconds?: number;
  /** Where NATS keeps the directory; memory by default. */
  readonly natsStore?: string;
  /** Further variables of a part's process. */
  readonly env?: (party: string) => NodeJS.ProcessEnv;
  /** Joins a worker to the network; by default by a plain cable. */
  readonly plug?: (net: FaultNet, worker: string) => unknown;
}

/** One line of a log, as tests look at it. */
export interface LogLine {
  readonly msg?: string;
  readonly code?: string;
  readonly time?: number;
  readonly stream?: string;
}

/**
 * A cluster with every part in a network namespace and under an address of its
 * own: NATS, an operator that places, configures and balances, and workers that
 * are started here, so that nobody starts them again.
 */
export class FaultSite {
  readonly net = new FaultNet();
  readonly folder: string;
  readonly workers: readonly string[];
  readonly api: Api;
  private readonly options: FaultSiteOptions;
  private readonly processes = new Map<string, Child>();

  private constructor(name: string, options: FaultSiteOptions) {
    this.folder = scratchFolder(name);
    this.options = options;
    this.workers = Array.from({ length: options.workers }, (_, slot) => `w-${slot}`);
    for (const party of [NATS, OPERATOR]) this.net.add(party);
    this.api = new Api(`http://${this.net.addressOf(OPERATOR)}:${PORTS.api}`);
  }

  /** Resolves when every worker is ready and the operator has heard of all of them. */
  static async start(name: string, options: FaultSiteOptions): Promise<FaultSite> {
    const site = new FaultSite(name, options);
    try {
      await site.plugWorkers();
      site.startNats();
      site.startOperator();
      for (const worker of site.workers) site.startWorker(worker);
      await eventuallyTrue('all workers report', READY_MS, () => site.areAllHeard());
      return site;
    } catch (error) {
      const outputs = [...site.processes].map(([who, { output }]) => `${who}: ${output}`);
      await site.stop();
      throw new Error(outputs.join('\n').slice(-4_000), { cause: error });
    }
  }

  startNats(): void {
    const binary = execFileSync(path.join(ROOT, 'scripts/nats-server.sh'), { encoding: 'utf8' });
    const { natsStore = path.join(this.folder, 'nats') } = this.options;
    const at = ['-a', this.net.addressOf(NATS), '-p', String(PORTS.nats)];
    this.run(NATS, [binary.trim(), ...at, '-js', '-sd', natsStore]);
  }

  startOperator(): void {
    const flags = {
      ...this.natsFlags(),
      host: this.net.addressOf(OPERATOR),
      ...{ 'api-port': PORTS.api, 'place-port': PORTS.place },
      workers: this.workers.length,
      'grace-seconds': this.options.publisherGraceSeconds ?? 15,
    };
    this.runNode(OPERATOR, 'operator/src/testing/standing-operator.ts', flags);
  }

  startWorker(worker: string): void {
    const host = this.net.addressOf(worker);
    const flags = {
      id: worker,
      cluster: 'test',
      ...this.natsFlags(),
      operator: `${this.net.addressOf(OPERATOR)}:${PORTS.place}`,
      ...{ listen: host, advertise: host, 'admin-host': host },
      ...{ 'http-port': MEDIA_PORTS.http, 'rtmp-port': MEDIA_PORTS.rtmp },
      ...{ 'admin-port': PORTS.admin, 'grpc-port': PORTS.grpc, 'arena-mib': 256 },
    };
    this.runNode(worker, 'worker/src/main.ts', flags);
  }

  process(party: string): Child {
    const child = this.processes.get(party);
    if (child === undefined) throw new Error(`${party} was never started`);
    return child;
  }

  /** Everybody but these. */
  others(...parties: readonly string[]): string[] {
    return [NATS, OPERATOR, ...this.workers].filter((party) => !parties.includes(party));
  }

  publishTo(worker: string, stream: string, file: string): Child {
    return publish(file, `rtmp://${this.net.addressOf(worker)}:${MEDIA_PORTS.rtmp}/${stream}`);
  }

  /** Resolves when the worker has answered, whatever it answered. */
  view(worker: string, stream: string): Promise<FlvViewer> {
    const { http: port } = MEDIA_PORTS;
    const host = this.net.addressOf(worker);
    return new FlvViewer({ host, port, path: `/${stream}.flv` }).answered();
  }

  /** Where the directory is. */
  nats(): { natsUrl: string; bucket: string } {
    const natsUrl = `nats://${this.net.addressOf(NATS)}:${PORTS.nats}`;
    return { natsUrl, bucket: BUCKET };
  }

  grpcAddress(worker: string): string {
    return `${this.net.addressOf(worker)}:${PORTS.grpc}`;
  }

  servers(stream: string): StreamServers {
    return new StreamServers(this, stream);
  }

  /** What the directory has of a stream now. */
  async peek(stream: string): Promise<DirectoryEntry | undefined> {
    return (await directoryEntries(this)).get(stream);
  }

  /** The same, once there is something. */
  entry(stream: string): Promise<DirectoryEntry> {
    return eventually(`${stream} in the directory`, READY_MS, () => this.peek(stream));
  }

  metrics(worker: string): Promise<string> {
    return scrapeAt(`${this.net.addressOf(worker)}:${PORTS.admin}`);
  }

  /** What a party has said, line by line; lines that are no JSON are left out. */
  log(party: string): LogLine[] {
    const lines = this.process(party).output.split('\n');
    return lines.filter((line) => line.startsWith('{')).flatMap((line) => parsed(line));
  }

  /** How often a code was logged. */
  complaints(party: string, code: string): number {
    return this.log(party).filter((line) => line.code === code).length;
  }

  async stop(): Promise<void> {
    const ends = [...this.processes.values()].map(async (child) => {
      // One that was stopped hears nothing.
      child.kill('SIGCONT');
      await child.stop('SIGKILL');
    });
    await Promise.all(ends);
    this.net.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async plugWorkers(): Promise<void> {
    const { plug } = this.options;
    for (const worker of this.workers) {
      if (plug === undefined) this.net.add(worker);
      else await plug(this.net, worker);
    }
  }

  private natsFlags(): { nats: string; bucket: string } {
    const { natsUrl: nats, bucket } = this.nats();
    return { nats, bucket };
  }

  private async areAllHeard(): Promise<boolean> {
    for (const [party, { running, output }] of this.processes) {
      if (!running) throw new Error(`${party} ended: ${output}`);
    }
    const items = await this.api.workers();
    return items.length === this.workers.length && items.every(({ state }) => state === 'ready');
  }

  private runNode(party: string, program: string, flags: Record<string, string | number>): void {
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.run(party, [NODE, path.join(ROOT, program), ...args]);
  }

  private run(party: string, words: readonly string[]): void {
    const [command = '', ...args] = [...this.net.commandOf(party), ...words];
    const compiled = { NODE_COMPILE_CACHE: path.join(ROOT, '.cache/compile') };
    const env = { ...process.env, ...compiled, ...this.options.env?.(party) };
    this.processes.set(party, new Child(command, args, { cwd: ROOT, env }));
  }
}

function parsed(line: string): LogLine[] {
  try {
    return [JSON.parse(line) as LogLine];
  } catch {
    return [];
  }
}
