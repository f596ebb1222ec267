import {
  aimOf,
  DEFAULT_MAX_IMBALANCE,
  IDLE_MEAN_LOAD,
  viewerLoad,
  viewerTarget,
  type Random,
  type ServerLoad,
} from '@streamcluster/placement';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { Admission } from './admission.ts';
import { placeOfClaim } from './claim.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { FleetLoad } from './fleet-load.ts';
import { Landings } from './landings.ts';
import type { PublicAddresses } from './load-report.ts';
import type { OwnLoad } from './own-load.ts';
import { isServer, type Place } from './place.ts';
import { SentViewers } from './sent-viewers.ts';
import type { Elsewhere, NewViewer } from './stream-access.ts';
import type { Workers, WorkerSighting } from './workers.ts';

export interface RedirectsOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly claims: Claims;
  readonly ownLoad: Pick<OwnLoad, 'now'>;
  readonly fleetLoad: Pick<FleetLoad, 'look'>;
  readonly streams: StreamRegistry;
  readonly admission: Pick<Admission, 'isOpen'>;
  readonly hasRoom: () => boolean;
  readonly isDraining: () => boolean;
  readonly publicAddresses: () => PublicAddresses;
  readonly clock: Clock;
  readonly random: Random;
}

/** Who reports every two seconds and was not heard for longer may be dead. */
const FRESH_MS = 3_000;
/** Of a stream that is not here. */
const ASSUMED_BITS_PER_SECOND = 2_000_000;

/**
 * Sends new viewers to a worker that serves their stream, where workers have
 * addresses of their own. Whoever was sent here is served here, unless the
 * directory has changed since: so nobody is sent in a circle.
 */
export class Redirects {
  total = 0;
  private readonly options: RedirectsOptions;
  private readonly landings: Landings;
  private readonly sent: SentViewers;

  constructor(options: RedirectsOptions) {
    this.options = options;
    this.landings = new Landings(options.clock);
    this.sent = new SentViewers(options);
  }

  /** Undefined: this worker serves it, by a relay if need be. */
  elsewhere(name: StreamName, viewer: NewViewer): Elsewhere | undefined {
    const { publicAddresses, workers } = this.options;
    if (addressOf(publicAddresses(), viewer) === '') return undefined;
    const place = this.placeOf(name.key);
    if (place === undefined || this.mustStay(place, viewer)) return undefined;
    const found = this.before(name, place, viewer) ?? this.choose(name, place, viewer);
    if (found === undefined || found.id === workers.self) return undefined;
    this.sent.note(name.key, viewer, found.id);
    this.total += 1;
    return { address: publicOf(found, viewer), epoch: place.epoch };
  }

  private placeOf(key: string): Place | undefined {
    const { claims, directory, workers } = this.options;
    const claim = claims.get(key);
    return claim === undefined ? directory.get(key) : placeOfClaim(claim, workers.self);
  }

  /** Sent here already; or the stream is here to stay, and this worker is not too
   * busy for one more, or it is a player of HLS that watches here. */
  private mustStay(place: Place, { sentAtEpoch, isKnown, isShed }: NewViewer): boolean {
    const { self } = this.options.workers;
    if (isShed) return false;
    if (sentAtEpoch !== undefined && sentAtEpoch >= place.epoch) return true;
    if (!isServer(self, place)) return false;
    const bound =
      aimOf(DEFAULT_MAX_IMBALANCE) *
      Math.max(this.options.fleetLoad.look().meanLoad, IDLE_MEAN_LOAD);
    return isKnown || (this.isTaking() && this.loadOf(self) <= bound);
  }

  /** A player of HLS asks again and again, and goes where it went. */
  private before({ key }: StreamName, place: Place, viewer: NewViewer): WorkerSighting | undefined {
    const worker = viewer.isShed ? undefined : this.sent.before(key, viewer);
    return worker !== undefined && serves(place, worker) ? this.taker(worker, viewer) : undefined;
  }

  /** Undefined, or this worker: it is served here. */
  private choose(name: StreamName, place: Place, viewer: NewViewer): WorkerSighting | undefined {
    const { workers, random } = this.options;
    const servers = this.servers(place, viewer);
    if (!viewer.isKnown) this.landings.note(name.key);
    if (servers.length === 0) return undefined;
    const stream = this.options.streams.get(name);
    const bitsPerSecond = rateOf(stream);
    const { worker } = viewerTarget({
      here: {
        id: workers.self,
        load: this.isTaking() ? this.loadOf(workers.self) : Infinity,
        landed: this.landings.count(name.key),
        hasStream: stream?.isRead === true,
      },
      ...{ servers, random, bitsPerSecond, maxImbalance: DEFAULT_MAX_IMBALANCE },
      meanLoad: this.options.fleetLoad.look().meanLoad,
      viewerLoad: viewerLoad(viewer.protocol, bitsPerSecond, viewer.isEncrypted),
    });
    return workers.get(worker);
  }

  /** Those who may take the viewer, this worker among them. */
  private servers({ home, replicas }: Place, viewer: NewViewer): ServerLoad[] {
    const { self } = this.options.workers;
    const { workers: senders } = this.options.fleetLoad.look();
    const mayTake = (id: string): boolean =>
      id === self ? this.isTaking() : this.taker(id, viewer) !== undefined;
    return [home, ...replicas].filter(mayTake).map((id) => ({
      id,
      load: this.loadOf(id),
      // Others send as many: all are landed on alike.
      sentViewers: this.sent.sinceReport(id) * senders,
    }));
  }

  private isTaking(): boolean {
    const { admission, hasRoom, isDraining } = this.options;
    return admission.isOpen && hasRoom() && !isDraining();
  }

  /** Undefined when viewers must not be sent to it. */
  private taker(id: string, viewer: NewViewer): WorkerSighting | undefined {
    const worker = this.options.workers.fresh(id, FRESH_MS);
    if (worker === undefined || worker.isDraining || !worker.isAdmitting) return undefined;
    return publicOf(worker, viewer) === '' ? undefined : worker;
  }

  private loadOf(id: string): number {
    const { workers, ownLoad } = this.options;
    return id === workers.self ? ownLoad.now() : (workers.get(id)?.weighedLoad ?? 0);
  }
}

function rateOf(stream: Stream | undefined): number {
  const bitsPerSecond = stream?.bitsPerSecond ?? 0;
  return bitsPerSecond > 0 ? bitsPerSecond : ASSUMED_BITS_PER_SECOND;
}

function serves({ home, replicas }: Place, worker: string): boolean {
  return home === worker || replicas.includes(worker);
}

function publicOf({ publicHttp, publicHttps }: WorkerSighting, viewer: NewViewer): string {
  return addressOf({ http: publicHttp, https: publicHttps }, viewer);
}

function addressOf({ http, https }: PublicAddresses, { isEncrypted }: NewViewer): string {
  return isEncrypted ? https : http;
}
