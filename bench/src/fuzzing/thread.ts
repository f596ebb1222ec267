import v8 from 'node:v8';
import vm from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { mutatedInput } from './mutate.ts';
import { targetsOf, type FuzzTarget } from './target.ts';

/** The thread that feeds one target; see run-target.ts. */
export interface ThreadJob {
  readonly file: string;
  readonly name: string;
  readonly inputs: number;
  readonly seed: number;
  readonly slowMs: number;
  /** Number of the input that runs, for the watchdog. */
  readonly progress: Int32Array;
}

export interface ThreadReport {
  readonly inputs: number;
  readonly durationMs: number;
  readonly growthBytes: number;
  readonly maxInputMs: number;
  readonly failure?: { readonly index: number; readonly reason: string };
}

const WARM_UP_INPUTS = 500;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

class Feeder {
  private readonly job: ThreadJob;
  private readonly target: FuzzTarget;
  private readonly corpus: Buffer[];
  private maxInputMs = 0;

  constructor(job: ThreadJob, target: FuzzTarget) {
    this.job = job;
    this.target = target;
    this.corpus = target.corpus();
  }

  run(): ThreadReport {
    const { inputs } = this.job;
    const started = performance.now();
    let baseBytes = heldBytes();
    for (let index = 0; index < inputs; index++) {
      if (index === Math.min(WARM_UP_INPUTS, inputs >> 1)) baseBytes = heldBytes();
      Atomics.store(this.job.progress, 0, index);
      const reason = this.feed(index);
      if (reason !== undefined) {
        return { ...this.report(index, started, 0), failure: { index, reason } };
      }
    }
    return this.report(inputs, started, heldBytes() - baseBytes);
  }

  /** Why this input counts as failed, or undefined. */
  private feed(index: number): string | undefined {
    const input = mutatedInput(this.corpus, this.job.seed, index);
    try {
      const tookMs = this.timed(input);
      this.maxInputMs = Math.max(this.maxInputMs, tookMs);
      if (tookMs <= this.job.slowMs) return undefined;
      // The machine may have stood still: only what is slow twice is slow.
      const againMs = this.timed(input);
      return againMs > this.job.slowMs ? `took ${Math.round(againMs)} ms` : undefined;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }

  private timed(input: Buffer): number {
    const started = performance.now();
    this.target.run(input);
    return performance.now() - started;
  }

  private report(inputs: number, started: number, growthBytes: number): ThreadReport {
    const durationMs = performance.now() - started;
    return { inputs, durationMs, growthBytes, maxInputMs: this.maxInputMs };
  }
}

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const job = workerData as ThreadJob;
const target = (await targetsOf(job.file)).find(({ name }) => name === job.name);
if (target === undefined) throw new Error(`no target ${job.name} in ${job.file}`);
if (target.corpus().length === 0) throw new Error(`target ${job.name} has no corpus`);
parentPort?.postMessage(new Feeder(job, target).run());
