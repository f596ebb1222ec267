import type { Effects } from '../step.ts';
import type { Desired } from './desired.ts';

/** Tells users of each change of the wanted number, and of what limits it. */
export class ScaleAnnouncer {
  private readonly effects: Effects;
  private limitedBy: Desired['limitedBy'] = undefined;

  constructor(effects: Effects) {
    this.effects = effects;
  }

  /** `before` undefined: the first look says nothing. */
  say({ replicas, limitedBy, because }: Desired, before: number | undefined): void {
    const { runtime, log } = this.effects;
    if (before !== undefined && before !== replicas) {
      const reason = replicas > before ? 'ScaledUp' : 'ScaledDown';
      log.info({ from: before, to: replicas, because }, 'number of workers changed');
      runtime.emit({
        type: 'Normal',
        reason,
        message: `from ${before} to ${replicas}: ${because}`,
      });
    }
    if (limitedBy === 'MaxReplicas' && this.limitedBy !== 'MaxReplicas') {
      const message = `${because}; maxReplicas allows ${replicas}`;
      log.warn({ replicas, because }, 'scaling limited');
      runtime.emit({ type: 'Warning', reason: 'ScalingLimited', message });
    }
    this.limitedBy = limitedBy;
  }
}
