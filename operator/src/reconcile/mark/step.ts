import type { Marks, WorkerInstance } from '../runtime.ts';
import type { ScaleStep } from '../scale/step.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { viewersOf } from '../../fleet/totals.ts';

/** HLS viewers come and go between segments: idle is who was so for a while. */
const IDLE_MS = 10_000;
const AGAIN_MS = 2_000;

/**
 * Shows balancers who takes new connections, and whoever evicts pods who is
 * busy. Both stand on the worker itself, so that nothing is kept here.
 */
export class MarkStep implements Step {
  readonly name = 'mark';
  private readonly effects: Effects;
  private readonly scale: ScaleStep;
  private readonly idleSinceMs = new Map<string, number>();

  constructor(effects: Effects, scale: ScaleStep) {
    this.effects = effects;
    this.scale = scale;
  }

  async run(observation: Observation): Promise<number | undefined> {
    const running = observation.instances.filter(({ phase }) => phase === 'running');
    this.forgetOthers(new Set(running.map(({ name }) => name)));
    for (const instance of running) {
      const wanted = this.wanted(instance, observation);
      const { accepting, busy } = instance.marks;
      if (wanted.accepting === accepting && wanted.busy === busy) continue;
      await this.effects.runtime.mark(instance.name, wanted);
      this.effects.log.debug({ worker: instance.name, ...wanted }, 'worker marked');
    }
    return this.idleSinceMs.size > 0 ? AGAIN_MS : undefined;
  }

  private wanted(instance: WorkerInstance, observation: Observation): Marks {
    const { isOutdated, drainAsked, marks } = instance;
    const isLeaving = isOutdated && (this.scale.isClosingOutdated ?? !marks.accepting);
    return {
      accepting: drainAsked === undefined && !isLeaving,
      busy: this.isBusy(instance, observation),
    };
  }

  private isBusy({ name, marks }: WorkerInstance, { sightings, nowMs }: Observation): boolean {
    const sighting = sightings.get(name);
    // Nobody knows: as it was.
    if (sighting === undefined || sighting.isSilent) return marks.busy;
    const isUsed = sighting.report.publishers > 0 || viewersOf(sighting) > 0;
    if (isUsed || !marks.busy) {
      this.idleSinceMs.delete(name);
      return isUsed;
    }
    const sinceMs = this.idleSinceMs.get(name) ?? nowMs;
    this.idleSinceMs.set(name, sinceMs);
    return nowMs - sinceMs < IDLE_MS;
  }

  private forgetOthers(names: ReadonlySet<string>): void {
    for (const name of this.idleSinceMs.keys()) {
      if (!names.has(name)) this.idleSinceMs.delete(name);
    }
  }
}
