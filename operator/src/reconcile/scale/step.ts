import type { Recommendation } from '@streamcluster/placement';
import type { DrainCalls } from '../drain/calls.ts';
import type { BackOff } from '../restart/back-off.ts';
import type { WorkerInstance } from '../runtime.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { ScaleAnnouncer } from './announcer.ts';
import { desiredReplicas } from './desired.ts';
import { planWorkers } from './plan.ts';
import { plannedWorkers } from './planned-workers.ts';

const PERIOD_MS = 2_000;
/** A worker whose deadline has passed says goodbye before it ends. */
const GOODBYE_SECONDS = 10;
/** Reports come every 2 s: who has not been heard by then is silent. */
const LISTEN_MS = 8_000;

export interface ScaleStepOptions {
  readonly effects: Effects;
  readonly backOff: BackOff;
  readonly calls: DrainCalls;
}

/** Starts who is missing, replaces who is outdated, drains who is too many. */
export class ScaleStep implements Step {
  readonly name = 'scale';
  /** Outdated workers are to take nobody new; undefined: not known yet, as it was. */
  isClosingOutdated: boolean | undefined = undefined;
  private readonly options: ScaleStepOptions;
  private readonly announcer: ScaleAnnouncer;
  private history: readonly Recommendation[] = [];
  private hasRun = false;
  private firstRunMs: number | undefined = undefined;
  private hasListened = false;
  /** As of the last run. */
  private desired = 0;

  constructor(options: ScaleStepOptions) {
    this.options = options;
    this.announcer = new ScaleAnnouncer(options.effects);
  }

  /** How many are wanted, also where a step before this one keeps it from running. */
  desiredOf({ spec, status }: Observation['resource']): number {
    if (spec.autoscaling === undefined) return spec.fixed?.replicas ?? 0;
    if (this.hasRun) return this.desired;
    return Math.max(spec.autoscaling.minReplicas, status?.desiredReplicas ?? 0);
  }

  async run(observation: Observation): Promise<number | undefined> {
    this.decide(observation);
    const workers = plannedWorkers(observation);
    const plan = planWorkers({
      desired: this.desired,
      maxSurgePercent: observation.resource.spec.update.maxSurgePercent,
      workers,
      areSomeGoing: observation.instances.some(({ phase }) => phase === 'stopping'),
    });
    const isKnown = this.knowsWorkers(observation);
    this.isClosingOutdated = isKnown ? plan.closeOutdated : undefined;
    if (isKnown) for (const name of plan.retire) await this.retire(observation, name);
    const waitMs = await this.start(observation, plan.create);
    const isUpdating = workers.some(({ isOutdated }) => isOutdated);
    const isPeriodic =
      !isKnown || isUpdating || observation.resource.spec.autoscaling !== undefined;
    const againMs = Math.min(waitMs, isPeriodic ? PERIOD_MS : Infinity);
    return Number.isFinite(againMs) ? againMs : undefined;
  }

  /** An operator that just started must not take those who are busy for idle. */
  private knowsWorkers({ instances, sightings, nowMs }: Observation): boolean {
    this.firstRunMs ??= nowMs;
    this.hasListened ||=
      nowMs - this.firstRunMs >= LISTEN_MS ||
      instances.every((one) => one.phase !== 'running' || !one.isReady || sightings.has(one.name));
    return this.hasListened;
  }

  private decide({ resource, directory, nowMs }: Observation): void {
    const streams = directory?.size;
    const last = this.hasRun ? this.desired : (resource.status?.desiredReplicas ?? 0);
    // An operator that just started does not know how many there were lately.
    if (!this.hasRun && last > 0) this.history = [{ atMs: nowMs, replicas: last }];
    const { spec } = resource;
    const decision = desiredReplicas({ spec, streams, history: this.history, last, nowMs });
    this.announcer.say(decision, this.hasRun ? last : undefined);
    this.history = decision.history;
    this.desired = decision.replicas;
    this.hasRun = true;
  }

  /** Returns how long until the next one may start; Infinity when none is left. */
  private async start({ instances, nowMs }: Observation, missing: number): Promise<number> {
    const { effects, backOff } = this.options;
    let againMs = Infinity;
    for (const slot of freeSlots(instances, missing)) {
      const waitMs = backOff.waitMs(slot, nowMs);
      if (waitMs > 0) {
        againMs = Math.min(againMs, waitMs);
        continue;
      }
      const name = await effects.runtime.create(slot);
      effects.count('created');
      effects.log.info({ worker: name }, 'worker started');
      const message = `${name} started`;
      effects.runtime.emit({ type: 'Normal', reason: 'WorkerStarted', message, worker: name });
    }
    return againMs;
  }

  private async retire(observation: Observation, name: string): Promise<void> {
    const { effects, calls } = this.options;
    const { resource, sightings, instances } = observation;
    const { deadlineSeconds } = resource.spec.drain;
    const isOutdated = instances.some((one) => one.name === name && one.isOutdated);
    const reason = isOutdated ? 'Update' : 'ScaleDown';
    await calls.tell(name, sightings.get(name), resource.spec, reason);
    await effects.runtime.delete(name, deadlineSeconds + GOODBYE_SECONDS);
    effects.count('drained');
    effects.log.info({ worker: name, deadlineSeconds, reason }, 'worker drains');
    const message = `${name} drains, for at most ${deadlineSeconds} s: ${reason}`;
    effects.runtime.emit({ type: 'Normal', reason: 'WorkerDraining', message, worker: name });
  }
}

/** The lowest slots that nobody has, or whose worker is lost. */
function freeSlots(instances: readonly WorkerInstance[], count: number): number[] {
  const taken = new Set(instances.filter(({ phase }) => phase !== 'lost').map(({ slot }) => slot));
  const slots: number[] = [];
  for (let slot = 0; slots.length < count; slot += 1) {
    if (!taken.has(slot)) slots.push(slot);
  }
  return slots;
}
