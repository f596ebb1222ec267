import type { Sim } from '../model/sim.ts';
import type { SimStream, SimWorker } from '../model/parts.ts';

/** Who serves a stream from now on. */
export interface ServersChange {
  readonly stream: SimStream;
  readonly home: SimWorker;
  readonly replicas: readonly SimWorker[];
}

export interface Actions {
  readonly servers: readonly ServersChange[];
  /** Whom newcomers must not reach. */
  readonly closed: ReadonlySet<string>;
}

/** A way to spread streams and viewers. */
export interface Strategy {
  readonly name: string;
  /** Who is home of a stream that is published at `ingest`. */
  readonly place: (sim: Sim, ingest: SimWorker) => SimWorker;
  /** What to do about what reports say; absent: nothing, ever. */
  readonly cycle?: (sim: Sim) => Actions;
  /** In redirect mode: to the stream's home whatever happens, or as viewerTarget says. */
  readonly redirects: 'ToHome' | 'ToTarget';
  /** Whether busy workers send away viewers who ask anew. */
  readonly sheds: boolean;
}
