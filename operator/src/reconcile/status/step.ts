import type { StreamClusterStatus } from '../../api/status.ts';
import type { ConfigureStep } from '../configure/step.ts';
import type { RebalanceStep } from '../rebalance/step.ts';
import type { ScaleStep } from '../scale/step.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { buildStatus } from './build.ts';

export interface StatusStepOptions {
  readonly effects: Effects;
  readonly scale: ScaleStep;
  readonly configure: ConfigureStep;
  readonly rebalance: RebalanceStep;
}

/** Figures change by the second; nobody needs them written more often. */
const FIGURES_PERIOD_MS = 5_000;

/** Says what is the case, where users look. */
export class StatusStep implements Step {
  readonly name = 'status';
  /** As last built. */
  status: StreamClusterStatus | undefined = undefined;
  private readonly options: StatusStepOptions;
  private written = { all: '', state: '', atMs: -Infinity };

  constructor(options: StatusStepOptions) {
    this.options = options;
  }

  async run(observation: Observation): Promise<undefined> {
    const { scale, configure, rebalance } = this.options;
    const status = buildStatus({
      observation,
      desired: scale.desiredOf(observation.resource),
      isConfigured: (sighting) => configure.isConfigured(sighting),
      plan: rebalance.plan,
      previous: this.status?.conditions ?? observation.resource.status?.conditions ?? [],
    });
    this.status = status;
    await this.write(status, observation.nowMs);
  }

  /** A change of state at once, of mere figures after a while. */
  private async write(status: StreamClusterStatus, nowMs: number): Promise<void> {
    const all = JSON.stringify(status);
    if (all === this.written.all) return;
    const state = stateOf(status);
    const isDue = nowMs - this.written.atMs >= FIGURES_PERIOD_MS;
    if (state === this.written.state && !isDue) return;
    await this.options.effects.runtime.writeStatus(status);
    this.written = { all, state, atMs: nowMs };
  }
}

/** What of a status is more than a figure that changes by itself. */
function stateOf(status: StreamClusterStatus): string {
  const conditions = status.conditions.map((one) => [one.type, one.status, one.reason]);
  const figures = { streams: 0, viewers: 0, maxLoad: '' };
  return JSON.stringify({ ...status, ...figures, conditions });
}
