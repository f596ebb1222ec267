import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { Stream } from '../stream/stream.ts';
import { placeOfClaim } from './claim.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import { lookUntil } from './look-until.ts';
import { isServer, type Place } from './place.ts';
import type { RelayGuests, RelaySeat } from './relay-guests.ts';
import type { Relays } from './relays.ts';

/** What another worker asks for. */
export interface RelayQuery {
  readonly name: StreamName;
  readonly worker: string;
  /** Epoch of the place that it knows. */
  readonly epoch: number;
  /** As it knows the place, the publisher is here. */
  readonly isFromIngest: boolean;
  /** It serves the stream to others, or is about to. */
  readonly isServer: boolean;
  /** A server that is full named this worker. */
  readonly isSentOn: boolean;
}

export interface RelayDoorOptions {
  readonly self: string;
  readonly claims: Claims;
  readonly directory: Directory;
  readonly relays: Relays;
  readonly guests: RelayGuests;
  readonly clock: Clock;
}

/** Who asks is better off with another server than waiting here for longer. */
const OPEN_MS = 2_000;
const LOOK_MS = 10;

/**
 * Lets other workers pull streams from here, so that no way leads in a circle:
 * nobody is served by a place that is older than the one it knows, and in one
 * place everybody pulls from somebody nearer to the ingest worker.
 */
export class RelayDoor {
  private readonly options: RelayDoorOptions;

  constructor(options: RelayDoorOptions) {
    this.options = options;
  }

  /** Rejects with STREAM_NOT_FOUND when this worker does not serve the stream,
   * RELAY_FULL (RelayFullError), STREAM_UPSTREAM_LOST while it cannot reach whom it
   * pulls from itself. */
  async seat(query: RelayQuery): Promise<RelaySeat> {
    const { name, worker, isServer: isOneToo } = query;
    const { guests } = this.options;
    const place = await this.placeOf(query);
    if (place === undefined || !this.serves(query, place)) {
      throw new WorkerError('STREAM_NOT_FOUND', name.key);
    }
    const stream = await this.open(name, place);
    return guests.seat(stream, worker, isOneToo);
  }

  /** The newest that is known here; asked of the leader when the other worker
   * knows a newer one. Undefined when that is not there: this worker may pull from
   * the other, as the older one has it. */
  private async placeOf({ name, epoch, isFromIngest }: RelayQuery): Promise<Place | undefined> {
    const { self, directory } = this.options;
    // Of the same epoch, but another place: one that was announced here, where the other
    // worker handed the stream over to this one. Who is told so may hang on the other.
    const isNewEnough = (one: Place | undefined): boolean =>
      one !== undefined &&
      (one.epoch > epoch || (one.epoch === epoch && (one.ingest === self || !isFromIngest)));
    const place = this.known(name);
    if (isNewEnough(place)) return place;
    const reading = directory.read(name.key);
    // The publisher is here: that holds without the directory, too.
    await (place?.ingest === self ? reading.catch(() => undefined) : reading);
    const current = this.known(name);
    return isNewEnough(current) || current?.ingest === self ? current : undefined;
  }

  private known({ key }: StreamName): Place | undefined {
    const { self, claims, relays, directory } = this.options;
    const claim = claims.get(key);
    if (claim !== undefined) return placeOfClaim(claim, self);
    const entry = directory.get(key);
    const followed = relays.get(key)?.place;
    if (entry === undefined || followed === undefined) return entry ?? followed;
    return followed.epoch > entry.epoch ? followed : entry;
  }

  private serves({ name, isSentOn, worker, epoch }: RelayQuery, place: Place): boolean {
    const { self, claims, relays } = this.options;
    // It does not know yet that it stands above this worker, or beside it.
    const isReplica = self !== place.ingest && self !== place.home;
    if (isReplica && epoch < place.epoch && isServer(worker, place)) return false;
    if (isSentOn) return relays.get(name.key)?.hangsOnServer === true;
    // An entry of ours without a claim is of an earlier life of this worker.
    if (place.ingest === self) return claims.get(name.key) !== undefined;
    return isServer(self, place);
  }

  private async open(name: StreamName, place: Place): Promise<Stream> {
    const { claims, relays, clock } = this.options;
    // Its publisher may have come while we asked.
    const own = claims.get(name.key)?.stream;
    if (own !== undefined) return own;
    if (relays.get(name.key)?.isCutOff === true) throw upstreamLost(name);
    const late = Promise.withResolvers<never>();
    const timer = clock.setTimer(OPEN_MS, () => late.reject(upstreamLost(name)));
    try {
      return await Promise.race([this.greeted(name, place), late.promise]);
    } finally {
      timer.clear();
    }
  }

  /** What is here is of the place that is known only once its upstream has said so. */
  private async greeted(name: StreamName, place: Place): Promise<Stream> {
    const { relays, clock } = this.options;
    const stream = await relays.open(name, place);
    await lookUntil(clock, { withinMs: OPEN_MS, everyMs: LOOK_MS }, () => {
      return relays.get(name.key)?.relay.hasHello ?? true;
    });
    return stream;
  }
}

function upstreamLost({ key }: StreamName): WorkerError {
  return new WorkerError('STREAM_UPSTREAM_LOST', key);
}
