import type { WorkerInstance } from '../runtime.ts';
import type { Effects, Observation, Step } from '../step.ts';
import type { DrainCalls, DrainReason } from './calls.ts';

const AGAIN_MS = 1_000;

/**
 * Drains that others ask for: a command, a cordoned node, a pod that somebody
 * deleted. One of a command or a cordon is taken back when it is asked no more.
 */
export class DrainStep implements Step {
  readonly name = 'drain';
  private readonly effects: Effects;
  private readonly calls: DrainCalls;
  /** Announced, until they are asked no more. */
  private readonly announced = new Set<string>();

  constructor(effects: Effects, calls: DrainCalls) {
    this.effects = effects;
    this.calls = calls;
  }

  async run(observation: Observation): Promise<number | undefined> {
    const work = observation.instances.map((instance) => this.one(instance, observation));
    return (await Promise.all(work)).some(Boolean) ? AGAIN_MS : undefined;
  }

  /** True while there is something to wait for. */
  private async one(
    instance: WorkerInstance,
    { resource, sightings }: Observation,
  ): Promise<boolean> {
    const { name } = instance;
    const sighting = sightings.get(name);
    const reason = reasonOf(instance);
    if (reason !== undefined) {
      // Its node is gone, most likely: nobody hears it, and asking holds up everything else.
      if (instance.phase !== 'running' && sighting?.isSilent === true) return false;
      this.announce(instance, reason);
      await this.calls.tell(name, sighting, resource.spec, reason);
      return sighting?.report.draining !== true;
    }
    this.announced.delete(name);
    if (instance.phase !== 'running' || sighting?.isDraining !== true) return false;
    await this.calls.takeBack(name, sighting);
    return true;
  }

  private announce({ name, phase, drainAsked }: WorkerInstance, reason: DrainReason): void {
    if (phase !== 'running' || this.announced.has(name)) return;
    this.announced.add(name);
    const { runtime, log, count } = this.effects;
    count('drained');
    log.info({ worker: name, reason: drainAsked }, 'worker drains');
    const message = `${name} drains: ${reason}`;
    runtime.emit({ type: 'Normal', reason: 'WorkerDraining', message, worker: name });
  }
}

function reasonOf({ phase, drainAsked }: WorkerInstance): DrainReason | undefined {
  if (phase === 'stopping' || phase === 'lost') return 'Deleted';
  if (phase !== 'running' || drainAsked === undefined) return undefined;
  return drainAsked === 'NodeCordon' ? 'NodeCordon' : 'Command';
}
