import type { Logger } from 'pino';
import { parseStreamKey, type StreamName } from '../media/stream-name.ts';
import type { Admission } from './admission.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { NotReadyReason, PrepareCall } from './peers.ts';
import { isSamePlace, type Place } from './place.ts';
import type { Relays } from './relays.ts';

export interface PreparingOptions {
  readonly claims: Claims;
  readonly directory: Directory;
  readonly relays: Relays;
  readonly admission: Pick<Admission, 'isOpen'>;
  readonly hasRoom: () => boolean;
  readonly isDraining: () => boolean;
  readonly log: Logger;
}

/** Makes this worker ready to serve a stream that its ingest worker gives to it. */
export class Preparing {
  private readonly options: PreparingOptions;

  constructor(options: PreparingOptions) {
    this.options = options;
  }

  /** Undefined: ready, all of the stream is here. Answers within 3 s. */
  async prepare(call: PrepareCall): Promise<NotReadyReason | undefined> {
    const { relays, log } = this.options;
    const name = parseStreamKey(call.stream);
    const { ingestWorker: ingest, home, replicas, epoch } = call;
    const place = { ingest, home, replicas, epoch };
    if (name === undefined || this.isOutdated(name, place)) return 'newer-epoch';
    const refusal = this.refusal(name);
    if (refusal !== undefined) return refusal;
    const isReady = await relays.prepare(name, place);
    log.info({ stream: name.key, ...place, isReady }, 'prepared to serve');
    return isReady ? undefined : 'not-caught-up';
  }

  private isOutdated({ key }: StreamName, place: Place): boolean {
    const { claims, directory } = this.options;
    if (claims.get(key) !== undefined) return true;
    const entry = directory.get(key);
    if (entry === undefined || entry.epoch < place.epoch) return false;
    return entry.epoch > place.epoch || !isSamePlace(entry, place);
  }

  /** A stream that is here takes no more room. */
  private refusal(name: StreamName): NotReadyReason | undefined {
    const { isDraining, admission, hasRoom, relays } = this.options;
    if (isDraining()) return 'draining';
    const isHere = relays.isOpen(name);
    return isHere || (admission.isOpen && hasRoom()) ? undefined : 'overloaded';
  }
}
