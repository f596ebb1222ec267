import type { Fleet, WorkerSighting } from './fleet.ts';

interface Named {
  readonly name: string;
}

/** What is known of the workers that exist, by name; made anew only when it changed. */
export class Sightings {
  private readonly fleet: Fleet;
  private seen: readonly Named[] | undefined = undefined;
  private names: ReadonlySet<string> = new Set();
  private listed: readonly WorkerSighting[] | undefined = undefined;
  private byName: ReadonlyMap<string, WorkerSighting> = new Map();

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Drops what is known of all others. */
  of(workers: readonly Named[]): ReadonlyMap<string, WorkerSighting> {
    if (workers !== this.seen) this.names = new Set(workers.map(({ name }) => name));
    this.seen = workers;
    this.fleet.retain(this.names);
    const listed = this.fleet.list();
    if (listed !== this.listed) {
      this.byName = new Map(listed.map((sighting) => [sighting.id, sighting]));
    }
    this.listed = listed;
    return this.byName;
  }
}
