import type { WorkerInstance } from '../runtime.ts';
import type { Effects, Observation, Step } from '../step.ts';
import type { BackOff } from './back-off.ts';

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

  private async clear({ name, exit }: WorkerInstance, nowMs: number): Promise<void> {
    const { runtime, log, forget, count } = this.effects;
    const { detail = 'unknown', isHung = false, ranMs = 0 } = exit ?? {};
    const delayMs = this.backOff.note(name, ranMs, nowMs);
    await runtime.delete(name, 0);
    forget(name);
    count(isHung ? 'hangs' : 'restarts');
    const code = isHung ? 'WORKER_HUNG' : 'WORKER_EXITED';
    log.warn({ worker: name, code, detail, delayMs }, 'worker ended by itself');
    const message = `${code}: ${detail}; it starts again in ${(delayMs / 1000).toFixed(1)} s`;
    runtime.emit({ type: 'Warning', reason: 'WorkerExited', message, worker: name });
  }
}
