import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { OperatorError } from '../errors.ts';
import { CarefulFile } from './careful-file.ts';
import { startTimeOf } from './procfs.ts';

/** Pid and start time: pids are used again, the pair is not. */
const processSchema = z.object({ name: z.string(), pid: z.int(), startTime: z.string() });
const recordSchema = z.object({ self: processSchema, children: z.array(processSchema) });
const GRACE_MS = 500;
type ProcessRecord = z.output<typeof processSchema>;

/** Which processes this run consists of, on disk, for the run after a crash. */
export class RunRecord {
  private readonly file: string;
  private readonly written: CarefulFile;
  private readonly self: ProcessRecord;
  private readonly children = new Map<number, ProcessRecord>();

  private constructor(file: string, log: Logger) {
    this.file = file;
    this.written = new CarefulFile(file, log);
    const { pid } = process;
    this.self = { name: 'operator', pid, startTime: startTimeOf(pid) ?? '' };
  }

  /**
   * Takes the folder over. Throws ALREADY_RUNNING when its run lives; ends what
   * a dead run left. Returns how many processes that were, too.
   */
  static async claim(file: string, log: Logger): Promise<{ record: RunRecord; killed: number }> {
    const previous = read(file);
    if (previous !== undefined && isAlive(previous.self)) {
      throw new OperatorError('ALREADY_RUNNING', `pid ${previous.self.pid}`);
    }
    const left = (previous?.children ?? []).filter(isAlive);
    await end(left);
    const record = new RunRecord(file, log);
    record.written.writeOrThrow(record.text);
    return { record, killed: left.length };
  }

  add(name: string, pid: number): void {
    const startTime = startTimeOf(pid);
    if (startTime === undefined) return;
    this.children.set(pid, { name, pid, startTime });
    this.written.write(this.text);
  }

  remove(pid: number): void {
    if (this.children.delete(pid)) this.written.write(this.text);
  }

  /** Now, whatever else waits. */
  killAll(): void {
    for (const child of this.children.values())
      if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
  }

  close(): void {
    rmSync(this.file, { force: true });
  }

  private get text(): string {
    return JSON.stringify({ self: this.self, children: [...this.children.values()] });
  }
}

/** They end by themselves with their parent; who does not, is made to. */
async function end(processes: readonly ProcessRecord[]): Promise<void> {
  for (const { pid } of processes) process.kill(pid, 'SIGTERM');
  if (processes.length > 0) await sleep(GRACE_MS);
  for (const one of processes) if (isAlive(one)) process.kill(one.pid, 'SIGKILL');
}

function isAlive({ pid, startTime }: ProcessRecord): boolean {
  return startTimeOf(pid) === startTime;
}

function read(file: string): z.output<typeof recordSchema> | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
