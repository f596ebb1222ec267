import fs from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { mutatedInput } from './mutate.ts';
import { targetsOf } from './target.ts';
import type { ThreadJob, ThreadReport } from './thread.ts';

const WATCH_MS = 500;
const DEFAULT_HANG_MS = 20_000;
const SLOW_MS = 250;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

export interface FuzzResult {
  readonly name: string;
  readonly inputs: number;
  readonly inputsPerSecond: number;
  readonly growthBytes: number;
  readonly maxInputMs: number;
  /** Why the target failed; the input is kept in `file`. */
  readonly failure?: { readonly reason: string; readonly file: string };
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Where inputs that fail are kept. */
  readonly failures: string;
  /** An input that takes so long counts as a hang. */
  readonly hangMs?: number;
}

/** Feeds a target in a thread of its own, so that a hang can be seen and ended. */
export async function runTarget(
  { file, name }: { file: string; name: string },
  options: FuzzOptions,
): Promise<FuzzResult> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const { inputs, seed } = options;
  const workerData: ThreadJob = { file, name, inputs, seed, slowMs: SLOW_MS, progress };
  const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
  const report = await outcome(thread, progress, options.hangMs ?? DEFAULT_HANG_MS);
  await thread.terminate();
  const { growthBytes, maxInputMs } = report;
  const inputsPerSecond = (report.inputs * 1000) / Math.max(1, report.durationMs);
  const result = { name, inputs: report.inputs, inputsPerSecond, growthBytes, maxInputMs };
  const failure = report.failure ?? growthFailure(report);
  if (failure === undefined) return result;
  const kept = await keepInput(file, name, failure.index, options);
  return { ...result, failure: { reason: failure.reason, file: kept } };
}

/** The thread's report, or one that says that it hangs or broke down. */
async function outcome(
  thread: Worker,
  progress: Int32Array,
  hangMs: number,
): Promise<ThreadReport> {
  const watching = new AbortController();
  const { signal } = watching;
  try {
    return await Promise.race([
      once(thread, 'message', { signal }).then(([report]) => report as ThreadReport),
      hang(progress, hangMs, signal),
    ]);
  } catch (error) {
    return broken(
      progress,
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  } finally {
    watching.abort();
  }
}

async function hang(
  progress: Int32Array,
  hangMs: number,
  signal: AbortSignal,
): Promise<ThreadReport> {
  let last = -1;
  let sinceMs = performance.now();
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    const index = Atomics.load(progress, 0);
    if (index !== last) sinceMs = performance.now();
    last = index;
    if (performance.now() - sinceMs > hangMs) break;
  }
  return broken(progress, `hangs: no answer for ${hangMs} ms`);
}

function broken(progress: Int32Array, reason: string): ThreadReport {
  const index = Atomics.load(progress, 0);
  return {
    inputs: index,
    durationMs: 0,
    growthBytes: 0,
    maxInputMs: 0,
    failure: { index, reason },
  };
}

function growthFailure(report: ThreadReport): { index: number; reason: string } | undefined {
  if (report.growthBytes <= MAX_GROWTH_BYTES) return undefined;
  const megabytes = Math.round(report.growthBytes / 2 ** 20);
  return { index: report.inputs, reason: `memory grew by ${megabytes} MB` };
}

async function keepInput(
  file: string,
  name: string,
  index: number,
  { seed, failures }: FuzzOptions,
): Promise<string> {
  const target = (await targetsOf(file)).find((one) => one.name === name);
  fs.mkdirSync(failures, { recursive: true });
  const kept = path.join(failures, `${name.replace(/\W+/g, '-')}-${seed}-${index}.bin`);
  fs.writeFileSync(kept, mutatedInput(target?.corpus() ?? [], seed, index));
  return kept;
}
