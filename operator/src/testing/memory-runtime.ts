import { parseStreamCluster } from '../api/parse.ts';
import type { StreamClusterStatus } from '../api/status.ts';
import type {
  Marks,
  ResourceSnapshot,
  Runtime,
  RuntimeProblem,
  RecordedEvent,
  RuntimeEvent,
  WorkerInstance,
} from '../reconcile/runtime.ts';

const HEAD = `apiVersion: streamcluster.dev/v1alpha1
kind: StreamCluster
metadata: {name: test}
`;

const NEW: Omit<WorkerInstance, 'name' | 'slot'> = {
  phase: 'running',
  isReady: true,
  isOutdated: false,
  unschedulableSinceMs: undefined,
  drainAsked: undefined,
  marks: { accepting: true, busy: false },
  node: 'node-1',
};

/** Workers that are only names. */
export class MemoryRuntime implements Runtime {
  readonly instances = new Map<string, WorkerInstance>();
  readonly events: RecordedEvent[] = [];
  readonly created: string[] = [];
  readonly deleted: string[] = [];
  status: StreamClusterStatus | undefined = undefined;
  statusWrites = 0;
  failNextCreate = false;
  someProblems: readonly RuntimeProblem[] = [];
  private snapshot: ResourceSnapshot;
  private readonly listeners: (() => void)[] = [];

  constructor(spec: string, status: object = {}) {
    const resource = { ...parse(spec), status };
    this.snapshot = { resource, generation: 1, fault: undefined };
  }

  someHlsKey: Buffer | undefined = undefined;

  hlsKey(): Buffer | undefined {
    return this.someHlsKey;
  }

  resource(): ResourceSnapshot {
    return this.snapshot;
  }

  apply(spec: string): void {
    const generation = this.snapshot.generation + 1;
    this.snapshot = { resource: parse(spec), generation, fault: undefined };
    this.changed();
  }

  /** Annotations are no part of the spec. */
  annotate(annotations: Record<string, string>): void {
    const { resource } = this.snapshot;
    const metadata = { ...resource.metadata, annotations };
    this.snapshot = { ...this.snapshot, resource: { ...resource, metadata } };
    this.changed();
  }

  refuse(fault: NonNullable<ResourceSnapshot['fault']>): void {
    this.snapshot = { ...this.snapshot, fault };
    this.changed();
  }

  list(): Promise<readonly WorkerInstance[]> {
    return Promise.resolve([...this.instances.values()]);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  problems(): readonly RuntimeProblem[] {
    return this.someProblems;
  }

  mark(name: string, marks: Marks): Promise<void> {
    this.change(name, { marks });
    return Promise.resolve();
  }

  create(slot: number): Promise<string> {
    const name = `w-${slot}`;
    if (this.failNextCreate) {
      this.failNextCreate = false;
      return Promise.reject(new Error('cannot create'));
    }
    if (this.instances.has(name)) return Promise.reject(new Error(`${name} exists`));
    this.instances.set(name, { ...NEW, name, slot });
    this.created.push(name);
    this.changed();
    return Promise.resolve(name);
  }

  delete(name: string): Promise<void> {
    this.deleted.push(name);
    const instance = this.instances.get(name);
    if (instance?.phase === 'exited') this.instances.delete(name);
    else if (instance !== undefined) this.instances.set(name, { ...instance, phase: 'stopping' });
    return Promise.resolve();
  }

  /** It ended by itself. */
  exit(name: string, ranMs: number, isHung = false): void {
    const kind = isHung ? 'hung' : 'failed';
    this.change(name, {
      phase: 'exited',
      isReady: false,
      exit: { detail: 'exit code 1', kind, ranMs },
    });
  }

  /** Something about it is otherwise now. */
  change(name: string, more: Partial<WorkerInstance>): void {
    const instance = this.instances.get(name);
    if (instance === undefined) throw new Error(`there is no ${name}`);
    this.instances.set(name, { ...instance, ...more });
    this.changed();
  }

  /** It ended because it was asked to. */
  gone(name: string): void {
    this.instances.delete(name);
    this.changed();
  }

  scale(replicas: number): Promise<void> {
    this.apply(`{fixed: {replicas: ${replicas}}}`);
    return Promise.resolve();
  }

  askDrain(name: string, isAsked: boolean): Promise<void> {
    this.change(name, { drainAsked: isAsked ? 'Command' : undefined });
    return Promise.resolve();
  }

  writeStatus(status: StreamClusterStatus): Promise<void> {
    this.status = status;
    this.statusWrites += 1;
    return Promise.resolve();
  }

  emit(event: RuntimeEvent): void {
    this.events.push({ ...event, unixMs: 0 });
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  running(): string[] {
    const running = [...this.instances.values()].filter(({ phase }) => phase === 'running');
    return running.map(({ name }) => name).sort();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

function parse(spec: string): ResourceSnapshot['resource'] {
  return parseStreamCluster(`${HEAD}spec: ${spec}`, 'test.yaml');
}
