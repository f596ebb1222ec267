import { pick, RELAY_FAN_OUT, type Random } from '@streamcluster/placement';
import { WorkerError } from '../errors.ts';
import type { Stream } from '../stream/stream.ts';
import type { AttachRequest, Viewer } from '../stream/viewer.ts';
import { isServer, type Place } from './place.ts';

/** RELAY_FULL, and who may have room. */
export class RelayFullError extends WorkerError {
  readonly tryWorker: string | undefined;

  constructor(streamKey: string, tryWorker: string | undefined) {
    super('RELAY_FULL', streamKey);
    this.tryWorker = tryWorker;
  }
}

/** A worker that pulls, or is about to: it has its seat from the moment it was let in. */
export interface RelaySeat {
  readonly stream: Stream;
  attach(request: Omit<AttachRequest, 'protocol'>): Viewer;
  /** It went away before it was attached. Harmless afterwards. */
  giveUp(): void;
}

interface Guest extends RelaySeat {
  readonly worker: string;
  /** Home or replica: it feeds others. */
  readonly isServer: boolean;
  leave(): void;
}

/** Which workers pull which stream from here, no more than RELAY_FAN_OUT each. */
export class RelayGuests {
  private readonly random: Random;
  private readonly guests = new Map<string, Map<string, Guest>>();

  constructor(options: { readonly random: Random }) {
    this.random = options.random;
  }

  /** Other workers that pull it from here. */
  count(streamKey: string): number {
    return this.guests.get(streamKey)?.size ?? 0;
  }

  /** Whether one of them feeds others: by the place, or as it said when it came. */
  feedServers(streamKey: string, place: Place): boolean {
    const present = [...(this.guests.get(streamKey)?.values() ?? [])];
    return present.some(({ worker, isServer: saidSo }) => saidSo || isServer(worker, place));
  }

  /**
   * Lets a worker in. Who asks again has left where it was. For home and replicas
   * there is always room: somebody else goes, and finds another server. Throws
   * RelayFullError.
   */
  seat(stream: Stream, worker: string, isServer: boolean): RelaySeat {
    const { key } = stream.name;
    this.guests.get(key)?.get(worker)?.leave();
    const present = this.guests.get(key) ?? new Map<string, Guest>();
    if (present.size >= RELAY_FAN_OUT) this.makeRoom(stream, present, isServer);
    const guest = this.guest(stream, worker, isServer);
    this.guests.set(key, present.set(worker, guest));
    return guest;
  }

  /** Everybody goes, to find another server: this one is none any more, and may have
   * to pull from one of them. */
  dismiss(streamKey: string): void {
    for (const guest of [...(this.guests.get(streamKey)?.values() ?? [])]) guest.leave();
  }

  private makeRoom(stream: Stream, present: ReadonlyMap<string, Guest>, isServer: boolean): void {
    const others = [...present.values()].filter((guest) => !guest.isServer);
    const drawn = pick(this.random, others);
    if (!isServer || drawn === undefined) throw new RelayFullError(stream.name.key, drawn?.worker);
    drawn.leave();
  }

  private guest(stream: Stream, worker: string, isServer: boolean): Guest {
    let viewer: Viewer | undefined;
    const left = (): void => this.left(stream.name.key, guest);
    const guest: Guest = {
      ...{ stream, worker, isServer, giveUp: left },
      attach: (request) => {
        viewer = stream.attach({
          ...request,
          protocol: 'relay',
          onClosed: (reason) => {
            left();
            request.onClosed(reason);
          },
        });
        return viewer;
      },
      leave: () => {
        left();
        viewer?.close('released');
      },
    };
    return guest;
  }

  private left(streamKey: string, guest: Guest): void {
    const present = this.guests.get(streamKey);
    if (present?.get(guest.worker) !== guest) return;
    present.delete(guest.worker);
    if (present.size === 0) this.guests.delete(streamKey);
  }
}
