import type { Stream } from '../stream/stream.ts';
import { Admission } from './admission.ts';
import { Claims } from './claims.ts';
import type { ClusterOptions } from './cluster.ts';
import { Directory } from './directory.ts';
import { FleetLoad } from './fleet-load.ts';
import { HomeChoice } from './home-choice.ts';
import { OwnLoad } from './own-load.ts';
import { RelayGuests } from './relay-guests.ts';
import { Relays } from './relays.ts';
import { Workers } from './workers.ts';

/** What a worker knows and holds, with all that it is given: the pieces that act
 * are made of it. */
export interface ClusterState extends ClusterOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly homes: HomeChoice;
  readonly relays: Relays;
  readonly claims: Claims;
  readonly ownLoad: OwnLoad;
  readonly fleetLoad: FleetLoad;
  readonly guests: RelayGuests;
  readonly admission: Admission;
  readonly isDraining: () => boolean;
}

export function makeState(options: ClusterOptions, isDraining: () => boolean): ClusterState {
  const workers = new Workers(options);
  const directory = new Directory(options);
  const guests = new RelayGuests(options);
  const base = { ...options, workers, directory, guests, isDraining };
  const relays = new Relays({
    ...base,
    feedsServers: (key, place) => guests.feedServers(key, place),
  });
  /** Another claim won, perhaps one of an older epoch: nobody may hang on ours. */
  const follow = (stream: Stream): void => {
    guests.dismiss(stream.name.key);
    const entry = directory.get(stream.name.key);
    if (entry !== undefined) relays.adopt(stream, entry);
  };
  const claims = new Claims({ ...base, follow });
  const ownLoad = new OwnLoad({ ...options, claims });
  return {
    ...base,
    ...{ relays, claims, ownLoad },
    fleetLoad: new FleetLoad({ ...base, ownLoad }),
    homes: new HomeChoice(base),
    admission: new Admission(options),
  };
}
