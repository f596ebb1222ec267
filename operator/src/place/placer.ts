import {
  place,
  Reservations,
  type Placement,
  type PlacementPolicy,
  type Random,
} from '@streamcluster/placement';
import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import type { WorkerSighting } from '../fleet/fleet.ts';

export interface PlacerOptions {
  readonly workers: () => readonly WorkerSighting[];
  readonly policy: () => PlacementPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** Draws homes. Reservations live only here. */
export class Placer {
  private readonly options: PlacerOptions;
  private readonly reservations = new Reservations();

  constructor(options: PlacerOptions) {
    this.options = options;
  }

  /** Throws NO_WORKERS. */
  place(ingestWorker: string): Placement & { readonly policy: PlacementPolicy } {
    const policy = this.options.policy();
    const nowMs = this.options.clock.nowMs();
    const workers = this.options
      .workers()
      .filter(({ isSilent, isDraining }) => !isSilent && !isDraining)
      .map(({ id, settledLoad }) => ({
        id,
        load: settledLoad,
        reservedStreams: this.reservations.count(id, nowMs),
      }));
    const placement = place({ policy, workers, ingestWorker, random: this.options.random });
    if (placement === undefined) throw new OperatorError('NO_WORKERS');
    this.reservations.add(placement.worker, nowMs);
    return { ...placement, policy };
  }
}
