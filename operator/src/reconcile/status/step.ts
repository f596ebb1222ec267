import type { StreamClusterStatus } from '../../api/status.ts';
import type { ConfigureStep } from '../configure/step.ts';
import type { ScaleStep } from '../scale/step.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { buildStatus } from './build.ts';

/** Counts change by the second; nobody needs them written more often. */
const PERIOD_MS = 1_000;

/** Says what is the case, where users look. */
export class StatusStep implements Step {
  readonly name = 'status';
  /** As last built. */
  status: StreamClusterStatus | undefined = undefined;
  private readonly effects: Effects;
  private readonly scale: ScaleStep;
  private readonly configure: ConfigureStep;
  private written = '';

  constructor(effects: Effects, scale: ScaleStep, configure: ConfigureStep) {
    this.effects = effects;
    this.scale = scale;
    this.configure = configure;
  }

  async run(observation: Observation): Promise<number> {
    const status = buildStatus({
      observation,
      desired: this.scale.desired,
      isConfigured: (sighting) => this.configure.isConfigured(sighting),
      previous: this.status?.conditions ?? [],
    });
    this.status = status;
    const text = JSON.stringify(status);
    if (text !== this.written) {
      await this.effects.runtime.writeStatus(status);
      this.written = text;
    }
    return PERIOD_MS;
  }
}
