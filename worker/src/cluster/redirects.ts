import type { Random } from '@streamcluster/placement';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { Admission } from './admission.ts';
import { placeOfClaim } from './claim.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { PublicAddresses } from './load-report.ts';
import { isServer, type Place } from './place.ts';
import type { Elsewhere, NewViewer } from './stream-access.ts';
import type { Workers, WorkerSighting } from './workers.ts';

export interface RedirectsOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly claims: Claims;
  readonly admission: Pick<Admission, 'isOpen'>;
  readonly hasRoom: () => boolean;
  readonly isDraining: () => boolean;
  readonly publicAddresses: () => PublicAddresses;
  readonly clock: Clock;
  readonly random: Random;
}

/** Who reports every two seconds and was not heard for longer may be dead. */
const FRESH_MS = 3_000;
/** Players of HLS ask again within a segment; they go where they went. */
const REMEMBER_MS = 15_000;
const MAX_REMEMBERED = 20_000;
/** Nobody is quite without a chance: reports are two seconds old. */
const LEAST_HEADROOM = 0.01;

interface Sent {
  readonly worker: string;
  readonly atMs: number;
}

/**
 * Sends new viewers to a worker that serves their stream, where workers have
 * addresses of their own. Whoever was sent here is served here, unless the
 * directory has changed since: so nobody is sent in a circle.
 */
export class Redirects {
  total = 0;
  private readonly options: RedirectsOptions;
  /** By stream and player; the oldest first. */
  private readonly sent = new Map<string, Sent>();

  constructor(options: RedirectsOptions) {
    this.options = options;
  }

  /** Undefined: this worker serves it, by a relay if need be. */
  elsewhere({ key }: StreamName, viewer: NewViewer): Elsewhere | undefined {
    const { publicAddresses, workers } = this.options;
    if (addressOf(publicAddresses(), viewer) === '') return undefined;
    const place = this.placeOf(key);
    if (place === undefined || this.isOurs(place, viewer)) return undefined;
    const servers = [place.home, ...place.replicas].filter((one) => one !== workers.self);
    const takers = servers
      .map((one) => workers.fresh(one, FRESH_MS))
      .filter((one) => one !== undefined && mayTake(one, viewer)) as WorkerSighting[];
    const target = this.remembered(key, viewer, takers) ?? this.draw(takers);
    if (target === undefined) return undefined;
    this.remember(key, viewer, target);
    this.total += 1;
    return { address: publicOf(target, viewer), epoch: place.epoch };
  }

  private placeOf(key: string): Place | undefined {
    const { claims, directory, workers } = this.options;
    const claim = claims.get(key);
    return claim === undefined ? directory.get(key) : placeOfClaim(claim, workers.self);
  }

  private isOurs(place: Place, { sentAtEpoch, isKnown }: NewViewer): boolean {
    if (sentAtEpoch !== undefined && sentAtEpoch >= place.epoch) return true;
    const { workers, admission, hasRoom, isDraining } = this.options;
    if (!isServer(workers.self, place)) return false;
    return isKnown || (admission.isOpen && hasRoom() && !isDraining());
  }

  /** At random by headroom: who just reported little load must not get everybody. */
  private draw(takers: readonly WorkerSighting[]): WorkerSighting | undefined {
    const total = takers.reduce((sum, taker) => sum + headroom(taker), 0);
    let left = this.options.random.next() * total;
    for (const taker of takers) {
      left -= headroom(taker);
      if (left < 0) return taker;
    }
    return takers.at(-1);
  }

  private remembered(
    key: string,
    { player }: NewViewer,
    takers: readonly WorkerSighting[],
  ): WorkerSighting | undefined {
    const sent = player === undefined ? undefined : this.sent.get(`${key} ${player}`);
    if (sent === undefined || this.options.clock.nowMs() - sent.atMs > REMEMBER_MS)
      return undefined;
    return takers.find(({ id }) => id === sent.worker);
  }

  private remember(key: string, { player }: NewViewer, { id }: WorkerSighting): void {
    if (player === undefined) return;
    const who = `${key} ${player}`;
    this.sent.delete(who);
    this.sent.set(who, { worker: id, atMs: this.options.clock.nowMs() });
    const [oldest] = this.sent.keys();
    if (this.sent.size > MAX_REMEMBERED && oldest !== undefined) this.sent.delete(oldest);
  }
}

function mayTake(worker: WorkerSighting, viewer: NewViewer): boolean {
  return !worker.isDraining && worker.isAdmitting && publicOf(worker, viewer) !== '';
}

function publicOf({ publicHttp, publicHttps }: WorkerSighting, viewer: NewViewer): string {
  return addressOf({ http: publicHttp, https: publicHttps }, viewer);
}

function addressOf({ http, https }: PublicAddresses, { isEncrypted }: NewViewer): string {
  return isEncrypted ? https : http;
}

function headroom({ load }: WorkerSighting): number {
  return Math.max(LEAST_HEADROOM, 1 - load);
}
