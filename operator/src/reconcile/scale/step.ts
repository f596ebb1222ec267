import { chooseDrains, type Recommendation } from '@streamcluster/placement';
import { viewersOf } from '../../fleet/totals.ts';
import type { BackOff } from '../restart/back-off.ts';
import type { Effects, Observation, Step } from '../step.ts';
import { desiredReplicas } from './desired.ts';

const AUTOSCALE_PERIOD_MS = 2_000;
/** A worker whose deadline has passed says goodbye before it ends. */
const GOODBYE_SECONDS = 5;

/** Starts missing workers and drains the cheapest of those that are too many. */
export class ScaleStep implements Step {
  readonly name = 'scale';
  /** As of the last run. */
  desired = 0;
  private readonly effects: Effects;
  private readonly backOff: BackOff;
  private history: readonly Recommendation[] = [];

  constructor(effects: Effects, backOff: BackOff) {
    this.effects = effects;
    this.backOff = backOff;
  }

  async run(observation: Observation): Promise<number | undefined> {
    const { resource, instances, streams, nowMs } = observation;
    const { replicas, history } = desiredReplicas(resource.spec, streams, this.history, nowMs);
    this.history = history;
    this.desired = replicas;
    const running = instances.filter(({ phase }) => phase === 'running').length;
    if (running > replicas) await this.drain(observation, running - replicas);
    const waitMs = await this.start(observation, replicas - running);
    const periodMs = resource.spec.autoscaling === undefined ? Infinity : AUTOSCALE_PERIOD_MS;
    const againMs = Math.min(waitMs, periodMs);
    return Number.isFinite(againMs) ? againMs : undefined;
  }

  /** Returns how long until the next one may start; Infinity when none is left. */
  private async start({ instances, nowMs }: Observation, missing: number): Promise<number> {
    let againMs = Infinity;
    for (const name of freeNames(new Set(instances.map((one) => one.name)), missing)) {
      const waitMs = this.backOff.waitMs(name, nowMs);
      if (waitMs > 0) {
        againMs = Math.min(againMs, waitMs);
        continue;
      }
      await this.effects.runtime.create(name);
      this.effects.count('created');
      this.effects.log.info({ worker: name }, 'worker started');
      const message = `${name} started`;
      this.effects.runtime.emit({ type: 'Normal', reason: 'WorkerStarted', message, worker: name });
    }
    return againMs;
  }

  private async drain(observation: Observation, excess: number): Promise<void> {
    const { instances, sightings } = observation;
    const candidates = instances
      .filter(({ phase }) => phase === 'running')
      .map(({ name }) => {
        const sighting = sightings.get(name);
        return {
          id: name,
          isReady: sighting !== undefined && !sighting.isSilent,
          publishers: sighting?.report.publishers ?? 0,
          viewers: sighting === undefined ? 0 : viewersOf(sighting),
          homes: sighting?.report.streams ?? 0,
        };
      });
    for (const name of chooseDrains(candidates, excess)) await this.drainOne(observation, name);
  }

  private async drainOne({ resource, sightings }: Observation, name: string): Promise<void> {
    const { runtime, control, log, markDraining, count } = this.effects;
    const { deadlineSeconds, publisherGraceSeconds } = resource.spec.drain;
    markDraining(name);
    const address = sightings.get(name)?.report.grpcAddress;
    if (address !== undefined) {
      const request = { deadlineSeconds, publisherGraceSeconds, reason: 'ScaleDown' };
      // Whoever does not hear it is asked by the runtime's own means.
      await control.drain(address, request).catch((error: unknown) => {
        log.warn({ worker: name, err: error, code: 'WORKER_UNREACHABLE' }, 'drain not heard');
      });
    }
    await runtime.delete(name, deadlineSeconds + GOODBYE_SECONDS);
    count('drained');
    log.info({ worker: name, deadlineSeconds }, 'worker drains');
    const message = `${name} drains, for at most ${deadlineSeconds} s`;
    runtime.emit({ type: 'Normal', reason: 'WorkerDraining', message, worker: name });
  }
}

/** The lowest names that nobody has. */
function freeNames(taken: ReadonlySet<string>, count: number): string[] {
  const names: string[] = [];
  for (let index = 0; names.length < count; index += 1) {
    const name = `w-${index}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}
