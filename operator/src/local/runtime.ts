import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import YAML from 'yaml';
import { cpuCount } from '../api/quantity.ts';
import type { StreamCluster } from '../api/stream-cluster.ts';
import type { StreamClusterStatus } from '../api/status.ts';
import { OperatorError } from '../errors.ts';
import type {
  Marks,
  ResourceSnapshot,
  Runtime,
  RuntimeProblem,
  RecordedEvent,
  RuntimeEvent,
  WorkerInstance,
} from '../reconcile/runtime.ts';
import { assignCpus, type CpuAssignment } from './cpu-assignment.ts';
import { CarefulFile } from './careful-file.ts';
import { HangWatch, LOOK_MS, type HangSource } from './hang-watch.ts';
import type { LogFile } from './log-file.ts';
import type { ResourceFile } from './resource-file.ts';
import type { RunRecord } from './run-record.ts';
import type { NumaNode } from './topology.ts';
import { WorkerChild, type Command } from './worker-child.ts';
import { WorkerOutput } from './worker-output.ts';
import type { WorkerPlace } from './worker-command.ts';

export interface LocalRuntimeOptions {
  readonly resourceFile: ResourceFile;
  readonly statusFile: string;
  readonly output: LogFile;
  readonly record: RunRecord;
  readonly topology: readonly NumaNode[];
  readonly command: (resource: StreamCluster, place: WorkerPlace) => Command;
  /** Asks a worker to open or close the ports that it shares; rejects where it does not hear. */
  readonly accept: (worker: string, accepting: boolean) => Promise<void>;
  readonly log: Logger;
}

interface Running {
  readonly child: WorkerChild;
  readonly hangs: HangWatch | undefined;
}

const STOP_ALL_MS = 5_000;
const MAX_EVENTS = 100;
const KEEP_CLOSED_MS = 10_000;
const HLS_KEY_BYTES = 32;

/** Workers as child processes, the StreamCluster in a file. */
export class LocalRuntime implements Runtime {
  readonly events: RecordedEvent[] = [];
  private readonly options: LocalRuntimeOptions;
  private readonly statusFile: CarefulFile;
  private readonly workers = new Map<string, Running>();
  private readonly listeners: (() => void)[] = [];
  private lookTimer: NodeJS.Timeout | undefined = undefined;
  private readonly closedTimer = setInterval(() => void this.keepClosed(), KEEP_CLOSED_MS).unref();
  private hasSaidShared = false;
  private readonly segmentKey = randomBytes(HLS_KEY_BYTES);

  constructor(options: LocalRuntimeOptions) {
    this.options = options;
    this.statusFile = new CarefulFile(options.statusFile, options.log);
    options.resourceFile.onChange(() => this.changed());
  }

  /** Workers live no longer than this. */
  hlsKey(): Buffer {
    return this.segmentKey;
  }

  resource(): ResourceSnapshot {
    return this.options.resourceFile.snapshot;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  list(): Promise<readonly WorkerInstance[]> {
    return Promise.resolve([...this.workers.values()].map(({ child }) => child.instance));
  }

  /** Ports and CPUs need no preparation. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  problems(): readonly RuntimeProblem[] {
    return [];
  }

  create(slot: number): Promise<string> {
    const name = `w-${slot}`;
    const { command, record } = this.options;
    const { resource } = this.resource();
    const output = this.outputOf(name);
    const child: WorkerChild = new WorkerChild({
      name,
      slot,
      command: command(resource, { name, slot, cpus: this.cpusOf(resource, slot) }),
      output,
      onExit: () => this.exited(child),
    });
    const { pid } = child;
    const onHung = (): void => child.killHung();
    const hangs = pid === undefined ? undefined : new HangWatch({ name, pid, onHung });
    this.workers.set(name, { child, hangs });
    if (pid !== undefined) record.add(name, pid);
    return Promise.resolve(name);
  }

  delete(name: string, graceSeconds: number): Promise<void> {
    const child = this.workers.get(name)?.child;
    if (child?.exit === undefined) child?.stop('SIGTERM', graceSeconds * 1000);
    else this.workers.delete(name);
    return Promise.resolve();
  }

  async mark(name: string, marks: Marks): Promise<void> {
    const child = this.workers.get(name)?.child;
    if (child === undefined) return;
    const hasHeard =
      marks.accepting === child.marks.accepting || (await this.accept(name, marks.accepting));
    child.marks = { ...marks, accepting: hasHeard ? marks.accepting : child.marks.accepting };
  }

  scale(replicas: number): Promise<void> {
    try {
      this.options.resourceFile.scale(replicas);
      return Promise.resolve();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return Promise.reject(new OperatorError('ACTION_REFUSED', reason, { cause: error }));
    }
  }

  /** It ends when it is empty, and another one takes its place. */
  askDrain(name: string, isAsked: boolean): Promise<void> {
    const child = this.workers.get(name)?.child;
    if (child === undefined) return Promise.reject(new OperatorError('NOT_FOUND', name));
    child.isDrainAsked = isAsked;
    this.changed();
    return Promise.resolve();
  }

  writeStatus(status: StreamClusterStatus): Promise<void> {
    const { resource } = this.resource();
    const { apiVersion, kind, metadata } = resource;
    this.statusFile.write(YAML.stringify({ apiVersion, kind, metadata, status }));
    return Promise.resolve();
  }

  emit(event: RuntimeEvent): void {
    this.events.push({ ...event, unixMs: Date.now() });
    if (this.events.length > MAX_EVENTS) this.events.shift();
  }

  /** Starts to look for workers that hang. */
  watchHangs(source: HangSource): void {
    this.lookTimer = setInterval(() => this.lookAtAll(source), LOOK_MS).unref();
  }

  /** Ends every worker, without drain: there is nobody left to go to. */
  async stopAll(): Promise<void> {
    clearInterval(this.lookTimer);
    clearInterval(this.closedTimer);
    const children = [...this.workers.values()].map(({ child }) => child);
    const ended = Promise.all(
      children.filter(({ exit }) => exit === undefined).map((child) => this.end(child)),
    );
    for (const child of children) child.stop('SIGINT', STOP_ALL_MS);
    await ended;
  }

  /** False: it did not hear. */
  private async accept(name: string, accepting: boolean): Promise<boolean> {
    try {
      await this.options.accept(name, accepting);
      return true;
    } catch (error) {
      const fields = { worker: name, accepting, err: error, code: 'WORKER_UNREACHABLE' };
      this.options.log.warn(fields, 'worker was not asked for its ports');
      return false;
    }
  }

  /** Who is not asked again opens its ports by itself. */
  private async keepClosed(): Promise<void> {
    const closed = [...this.workers.values()].filter(({ child }) => {
      return child.exit === undefined && !child.marks.accepting;
    });
    await Promise.all(closed.map(({ child }) => this.accept(child.name, false)));
  }

  private end(child: WorkerChild): Promise<void> {
    return new Promise((resolve) => {
      this.onChange(() => {
        if (child.exit !== undefined) resolve();
      });
    });
  }

  private outputOf(name: string): WorkerOutput {
    const { log, output } = this.options;
    return new WorkerOutput({
      worker: name,
      log,
      write: (line) => output.write(line),
      nowMs: () => performance.now(),
      onReady: () => {
        const running = this.workers.get(name);
        if (running !== undefined) running.child.isReady = true;
        this.changed();
      },
    });
  }

  private cpusOf(resource: StreamCluster, slot: number): readonly number[] {
    const { cpus, pinning } = resource.spec.worker;
    if (pinning === 'None') return [];
    const assignment = assignCpus(this.options.topology, cpuCount(cpus));
    if (slot >= assignment.exclusiveWorkers) this.sayShared(assignment);
    return assignment.cpusOf(slot);
  }

  private sayShared({ exclusiveWorkers }: CpuAssignment): void {
    if (this.hasSaidShared) return;
    this.hasSaidShared = true;
    const message = `only ${exclusiveWorkers} workers can have CPUs of their own; others share`;
    this.options.log.info({ code: 'CPUS_SHARED', exclusiveWorkers }, message);
    this.emit({ type: 'Warning', reason: 'CpusShared', message: `CPUS_SHARED: ${message}` });
  }

  private exited(child: WorkerChild): void {
    this.workers.get(child.name)?.hangs?.close();
    if (child.pid !== undefined) this.options.record.remove(child.pid);
    if (child.wasAskedToStop) this.workers.delete(child.name);
    this.changed();
  }

  private lookAtAll(source: HangSource): void {
    for (const { child, hangs } of this.workers.values()) {
      if (child.exit === undefined) hangs?.look(source);
    }
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
