import type { WorkerExit, WorkerInstance } from '../runtime.ts';
import type { Effects, Observation, Step, WorkerChange } from '../step.ts';
import type { BackOff } from './back-off.ts';

interface Ending {
  readonly code: 'WORKER_EXITED' | 'WORKER_HUNG' | 'WORKER_REJECTED';
  readonly reason: string;
  readonly change: WorkerChange;
}

const ENDINGS: Readonly<Record<Exclude<WorkerExit['kind'], 'drained'>, Ending>> = {
  failed: { code: 'WORKER_EXITED', reason: 'WorkerExited', change: 'restarts' },
  hung: { code: 'WORKER_HUNG', reason: 'WorkerExited', change: 'hangs' },
  evicted: { code: 'WORKER_EXITED', reason: 'WorkerEvicted', change: 'restarts' },
  rejected: { code: 'WORKER_REJECTED', reason: 'WorkerRejected', change: 'rejections' },
};

const UNKNOWN_EXIT: WorkerExit = { detail: 'unknown', kind: 'failed', ranMs: 0 };

/**
 * Clears away workers that ended by themselves. That makes them missing, and
 * the scale step starts who is missing, when its back-off lets it.
 */
export class RestartStep implements Step {
  readonly name = 'restart';
  private readonly effects: Effects;
  private readonly backOff: BackOff;

  constructor(effects: Effects, backOff: BackOff) {
    this.effects = effects;
    this.backOff = backOff;
  }

  async run({ instances, nowMs }: Observation): Promise<undefined> {
    for (const instance of instances) {
      if (instance.phase === 'exited') await this.clear(instance, nowMs);
    }
  }

  private async clear(
    { name, slot, exit = UNKNOWN_EXIT }: WorkerInstance,
    nowMs: number,
  ): Promise<void> {
    const { runtime, log, forget } = this.effects;
    await runtime.delete(name, 0);
    forget(name);
    if (exit.kind === 'drained') log.info({ worker: name }, 'worker drained and ended');
    else this.complain(name, exit, ENDINGS[exit.kind], this.backOff.note(slot, exit.ranMs, nowMs));
  }

  private complain(name: string, exit: WorkerExit, ending: Ending, delayMs: number): void {
    const { runtime, log, count } = this.effects;
    const { code, reason, change } = ending;
    const { detail } = exit;
    count(change);
    log.warn({ worker: name, code, detail, delayMs }, 'worker ended by itself');
    const message = `${code}: ${detail}; it starts again in ${(delayMs / 1000).toFixed(1)} s`;
    runtime.emit({ type: 'Warning', reason, message, worker: name });
  }
}
