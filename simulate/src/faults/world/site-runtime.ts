import { MemoryRuntime } from '@streamcluster/operator/testing';

/** What becomes of workers that the operator wants, or does not. */
export interface Machines {
  start(name: string): void;
  /** Asks it to end, ends it after the grace. */
  stop(name: string, graceSeconds: number): void;
}

/** The API server's part: what the operator made there outlives it. */
export class SiteRuntime extends MemoryRuntime {
  private readonly machines: Machines;

  constructor(spec: string, machines: Machines) {
    super(spec);
    this.machines = machines;
  }

  override async create(slot: number): Promise<string> {
    const name = await super.create(slot);
    this.machines.start(name);
    return name;
  }

  override async delete(name: string, graceSeconds = 0): Promise<void> {
    const isRunning = this.instances.get(name)?.phase === 'running';
    await super.delete(name);
    if (isRunning) this.machines.stop(name, graceSeconds);
  }
}
