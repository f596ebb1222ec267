import type { ResourceFile } from '../../../operator/src/local/resource-file.ts';
import type {
  Marks,
  RecordedEvent,
  ResourceSnapshot,
  Runtime,
  RuntimeEvent,
  WorkerInstance,
} from '../../../operator/src/reconcile/runtime.ts';

/** What is printed when an operator lays hands on a worker that does well. */
export const TOUCHED = 'touched a worker';

/** Workers that run, whoever started them. */
export class FoundWorkers implements Runtime {
  readonly events: RecordedEvent[] = [];
  private readonly resourceFile: ResourceFile;
  private readonly marks: Map<string, Marks>;

  constructor(resourceFile: ResourceFile, names: readonly string[]) {
    this.resourceFile = resourceFile;
    this.marks = new Map(names.map((name) => [name, { accepting: true, busy: false }]));
  }

  /** They have one already, or none. */
  hlsKey(): undefined {
    return undefined;
  }

  resource(): ResourceSnapshot {
    return this.resourceFile.snapshot;
  }

  list(): Promise<readonly WorkerInstance[]> {
    const instances = [...this.marks].map(([name, marks], slot) => ({
      ...{ name, slot, marks, phase: 'running' as const, isReady: true, isOutdated: false },
      ...{ unschedulableSinceMs: undefined, drainAsked: undefined, node: undefined },
    }));
    return Promise.resolve(instances);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  create(slot: number): Promise<string> {
    return this.touched(`made one for slot ${slot}`);
  }

  delete(name: string): Promise<void> {
    return this.touched(`deleted ${name}`);
  }

  scale(replicas: number): Promise<never> {
    return this.touched(`wanted ${replicas} of them`);
  }

  askDrain(name: string): Promise<never> {
    return this.touched(`drained ${name}`);
  }

  mark(name: string, marks: Marks): Promise<void> {
    this.marks.set(name, marks);
    return Promise.resolve();
  }

  problems(): [] {
    return [];
  }

  writeStatus(): Promise<void> {
    return Promise.resolve();
  }

  emit(event: RuntimeEvent): void {
    this.events.push({ ...event, unixMs: Date.now() });
  }

  onChange(): void {
    // Nothing here changes by itself.
  }

  private touched(how: string): Promise<never> {
    process.stdout.write(`${TOUCHED}: ${how}\n`);
    return Promise.reject(new Error(how));
  }
}
