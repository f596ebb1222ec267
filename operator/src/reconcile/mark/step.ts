import { isDeepStrictEqual } from 'node:util';
import type { Marks, WorkerInstance } from '../runtime.ts';
import type { Steering } from '../rebalance/steering.ts';
import type { ScaleStep } from '../scale/step.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { viewersOf } from '../../fleet/totals.ts';

/** HLS viewers come and go between segments: idle is who was so for a while. */
const IDLE_MS = 10_000;
const AGAIN_MS = 2_000;
/** Who is let back should not wait for hundreds of others. */
const PARALLEL = 50;

/**
 * Shows balancers who takes new connections, and whoever evicts pods who is
 * busy. Both stand on the worker itself, so that nothing is kept here.
 */
export class MarkStep implements Step {
  readonly name = 'mark';
  private readonly effects: Effects;
  private readonly scale: ScaleStep;
  private readonly steering: Steering;
  private readonly idleSinceMs = new Map<string, number>();

  constructor(effects: Effects, scale: ScaleStep, steering: Steering) {
    this.effects = effects;
    this.scale = scale;
    this.steering = steering;
  }

  async run(observation: Observation): Promise<number | undefined> {
    const running = observation.instances.filter(({ phase }) => phase === 'running');
    this.forgetOthers(new Set(running.map(({ name }) => name)));
    const steeredOff = this.steering.off(observation);
    const changes = running
      .map((one) => ({ one, marks: this.wanted(one, observation, steeredOff.has(one.name)) }))
      .filter(({ one, marks }) => !isDeepStrictEqual(one.marks, marks));
    for (let at = 0; at < changes.length; at += PARALLEL) {
      const batch = changes.slice(at, at + PARALLEL);
      await Promise.all(batch.map(({ one, marks }) => this.mark(one.name, marks)));
    }
    return this.idleSinceMs.size > 0 ? AGAIN_MS : undefined;
  }

  private async mark(name: string, marks: Marks): Promise<void> {
    await this.effects.runtime.mark(name, marks);
    this.effects.log.debug({ worker: name, ...marks }, 'worker marked');
  }

  private wanted(instance: WorkerInstance, observation: Observation, isSteeredOff: boolean): Marks {
    const { isOutdated, drainAsked, marks } = instance;
    const isLeaving = isOutdated && (this.scale.isClosingOutdated ?? !marks.accepting);
    return {
      accepting: drainAsked === undefined && !isLeaving && !isSteeredOff,
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
