import { balanceOf, type Balance } from './balance.ts';
import type { FleetPicture } from './fleet-picture.ts';

/** Loads of workers as they will be once what was decided so far is done. */
export class Forecast {
  /** Of workers that take part: neither draining nor silent. */
  private readonly loads: Map<string, number>;

  constructor(loads: Iterable<readonly [string, number]>) {
    this.loads = new Map(loads);
  }

  static of({ workers }: FleetPicture): Forecast {
    const serving = [...workers.values()].filter((one) => !one.isDraining && !one.isSilent);
    return new Forecast(serving.map(({ id, load }) => [id, load]));
  }

  copy(): Forecast {
    return new Forecast(this.loads);
  }

  /** How many take part. */
  get workers(): number {
    return this.loads.size;
  }

  get balance(): Balance {
    return balanceOf(this.loads.values());
  }

  /** Undefined: it takes no part. */
  loadOf(worker: string): number | undefined {
    return this.loads.get(worker);
  }

  /** Nothing where it takes no part. */
  add(worker: string, load: number): void {
    const before = this.loads.get(worker);
    if (before !== undefined) this.loads.set(worker, before + load);
  }

  /** Gives out load that goes where there is least, as newcomers do who are sent
   * to the less loaded. */
  pour(load: number, workers: readonly string[]): void {
    const filled = workers.filter((id) => this.loads.has(id));
    filled.sort((a, b) => (this.loads.get(a) ?? 0) - (this.loads.get(b) ?? 0));
    let level = 0;
    let below = 0;
    for (const [at, id] of filled.entries()) {
      const own = this.loads.get(id) ?? 0;
      // All before it stand at this worker's own level already.
      if (own * at - below >= load) break;
      below += own;
      level = (load + below) / (at + 1);
    }
    for (const id of filled) this.loads.set(id, Math.max(this.loads.get(id) ?? 0, level));
  }
}
