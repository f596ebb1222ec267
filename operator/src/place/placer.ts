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
  /** It is to be replaced soon. */
  readonly isLeaving?: (worker: string) => boolean;
  readonly onPlaced?: (stream: string, placed: Placed) => void;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Placed extends Placement {
  readonly policy: PlacementPolicy;
}

/** Draws homes. Reservations live only here. */
export class Placer {
  private readonly options: PlacerOptions;
  private readonly reservations = new Reservations();

  constructor(options: PlacerOptions) {
    this.options = options;
  }

  /** Throws NO_WORKERS. */
  place(stream: string, ingestWorker: string): Placed {
    const { isLeaving = () => false, onPlaced, random, clock } = this.options;
    const policy = this.options.policy();
    const nowMs = clock.nowMs();
    const workers = this.options
      .workers()
      .filter(({ isSilent, isDraining }) => !isSilent && !isDraining)
      .map(({ id, settledBusy }) => ({
        id,
        load: settledBusy,
        reservedStreams: this.reservations.count(id, nowMs),
        isLeaving: isLeaving(id),
      }));
    const placement = place({ policy, workers, ingestWorker, random });
    if (placement === undefined) throw new OperatorError('NO_WORKERS');
    this.reservations.add(placement.worker, nowMs);
    onPlaced?.(stream, { ...placement, policy });
    return { ...placement, policy };
  }
}
