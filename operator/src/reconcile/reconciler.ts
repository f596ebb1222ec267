import type { Logger } from 'pino';
import type { StreamClusterStatus } from '../api/status.ts';
import { ConfigureStep } from './configure/step.ts';
import { DrainCalls } from './drain/calls.ts';
import { DrainStep } from './drain/step.ts';
import { MarkStep } from './mark/step.ts';
import { PrepareStep } from './prepare/step.ts';
import { RebalanceStep, type RebalanceStepOptions } from './rebalance/step.ts';
import { BackOff } from './restart/back-off.ts';
import { RestartStep } from './restart/step.ts';
import { ScaleStep } from './scale/step.ts';
import { StatusStep } from './status/step.ts';
import type { Bans } from '../sessions/bans.ts';
import type { Effects, Observation, Step } from './step.ts';

export interface ReconcilerOptions
  extends Effects, Pick<RebalanceStepOptions, 'decisions' | 'onStreamChange' | 'clock' | 'random'> {
  readonly log: Logger;
  readonly bans: Bans;
  readonly observe: () => Promise<Observation>;
}

/** All is looked over this often, whatever happens: figures change by themselves. */
const PERIOD_MS = 1_000;

/** Brings what is to what is wanted, for one StreamCluster, one pass at a time. */
export class Reconciler {
  private readonly options: ReconcilerOptions;
  readonly rebalance: RebalanceStep;
  private readonly statusStep: StatusStep;
  private readonly steps: readonly Step[];

  constructor(options: ReconcilerOptions) {
    this.options = options;
    const backOff = new BackOff();
    const calls = new DrainCalls(options);
    const configure = new ConfigureStep(options, options.bans);
    const scale = new ScaleStep({ effects: options, backOff, calls });
    const rebalance = new RebalanceStep({ ...options, effects: options });
    this.rebalance = rebalance;
    this.statusStep = new StatusStep({ effects: options, scale, configure, rebalance });
    this.steps = [
      new PrepareStep(options),
      new RestartStep(options, backOff),
      new DrainStep(options, calls),
      scale,
      rebalance,
      new MarkStep(options, scale, rebalance.steering),
      configure,
    ];
  }

  /** Of the last pass. */
  get status(): StreamClusterStatus | undefined {
    return this.statusStep.status;
  }

  /** Another one leads: nothing more is begun. */
  stop(): void {
    this.rebalance.stop();
  }

  /**
   * Each step sees what the one before it did. Resolves with when to look again.
   * One that throws is tried again with the next pass. Meanwhile those who are
   * there are drained, marked and configured; only nobody is started or sent away
   * while what workers need cannot be made. Users are told in any case.
   */
  async pass(): Promise<number> {
    const errors: unknown[] = [];
    let delayMs = PERIOD_MS;
    for (const step of this.steps) {
      if (step.name === 'scale' && errors.length > 0) continue;
      try {
        const againMs = await step.run(await this.options.observe());
        delayMs = Math.min(delayMs, againMs ?? delayMs);
      } catch (error) {
        errors.push(error);
      }
    }
    await this.statusStep.run(await this.options.observe());
    if (errors.length > 0) throw errors[0];
    return delayMs;
  }
}
