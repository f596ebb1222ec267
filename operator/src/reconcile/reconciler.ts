import type { Logger } from 'pino';
import type { StreamClusterStatus } from '../api/status.ts';
import type { Clock, Timer } from '../clock.ts';
import { ConfigureStep } from './configure/step.ts';
import { DrainCalls } from './drain/calls.ts';
import { DrainStep } from './drain/step.ts';
import { MarkStep } from './mark/step.ts';
import { PrepareStep } from './prepare/step.ts';
import { BackOff } from './restart/back-off.ts';
import { RestartStep } from './restart/step.ts';
import { ScaleStep } from './scale/step.ts';
import { StatusStep } from './status/step.ts';
import type { Effects, Observation, Step } from './step.ts';

export interface ReconcilerOptions extends Effects {
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: () => Promise<Observation>;
  /** Told after each pass. */
  readonly onPass: (durationMs: number, isOk: boolean) => void;
}

const MAX_ERROR_DELAY_MS = 30_000;

/**
 * Brings what is to what is wanted. One pass at a time; whatever happens during
 * one starts the next. A step that throws is tried again, later each time.
 */
export class Reconciler {
  private readonly options: ReconcilerOptions;
  private readonly statusStep: StatusStep;
  private readonly steps: readonly Step[];
  private timer: Timer | undefined = undefined;
  private pass: Promise<void> | undefined = undefined;
  private isAskedAgain = false;
  private isStopped = false;
  private errorsInARow = 0;

  constructor(options: ReconcilerOptions) {
    this.options = options;
    const backOff = new BackOff();
    const calls = new DrainCalls(options);
    const configure = new ConfigureStep(options);
    const scale = new ScaleStep({ effects: options, backOff, calls });
    this.statusStep = new StatusStep({ effects: options, scale, configure });
    this.steps = [
      new PrepareStep(options),
      new RestartStep(options, backOff),
      new DrainStep(options, calls),
      scale,
      new MarkStep(options, scale),
      configure,
      this.statusStep,
    ];
  }

  /** Of the last pass. */
  get status(): StreamClusterStatus | undefined {
    return this.statusStep.status;
  }

  /** Something may have changed: look, at once. */
  trigger(): void {
    if (this.isStopped) return;
    this.isAskedAgain = true;
    this.pass ??= this.passes().finally(() => {
      this.pass = undefined;
    });
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.isAskedAgain = false;
    this.timer?.clear();
    await this.pass;
  }

  private async passes(): Promise<void> {
    // Everything that is told in the same moment makes one pass.
    await Promise.resolve();
    while (this.isAskedAgain) {
      this.isAskedAgain = false;
      this.timer?.clear();
      const delayMs = await this.onePass();
      this.timer?.clear();
      this.timer = this.options.clock.setTimer(delayMs, () => this.trigger());
    }
  }

  private async onePass(): Promise<number> {
    const { clock, log, onPass } = this.options;
    const startMs = clock.nowMs();
    try {
      const delayMs = await this.runSteps();
      this.errorsInARow = 0;
      onPass(clock.nowMs() - startMs, true);
      return delayMs;
    } catch (error) {
      log.error({ err: error, code: 'INTERNAL' }, 'reconcile failed');
      onPass(clock.nowMs() - startMs, false);
      this.errorsInARow += 1;
      return Math.min(MAX_ERROR_DELAY_MS, 250 * 2 ** this.errorsInARow);
    }
  }

  /** Each step sees what the one before it did. */
  private async runSteps(): Promise<number> {
    let delayMs = MAX_ERROR_DELAY_MS;
    for (const step of this.steps) {
      const againMs = await step.run(await this.options.observe());
      delayMs = Math.min(delayMs, againMs ?? delayMs);
    }
    return delayMs;
  }
}
