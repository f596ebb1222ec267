import type { Logger } from 'pino';
import { parseStreamKey, type StreamName } from '../media/stream-name.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { Claim } from './claim.ts';
import type { Claims } from './claims.ts';
import {
  RELEASE_NEWER_EPOCH,
  RELEASE_PUBLISHER_ALIVE,
  type ReleaseAnswer,
  type ReleaseCall,
} from './peers.ts';
import type { Place } from './place.ts';

export interface ReleasesOptions {
  readonly streams: StreamRegistry;
  readonly claims: Claims;
  readonly log: Logger;
  /** Follow the worker where the publisher is now, whatever the directory says yet. */
  readonly followNew: (stream: Stream, place: Place) => void;
}

/** Hands streams over to the worker where their publisher came back. */
export class Releases {
  private readonly options: ReleasesOptions;

  constructor(options: ReleasesOptions) {
    this.options = options;
  }

  /** May be called again: what was handed over is told once more. */
  release(call: ReleaseCall): ReleaseAnswer {
    const name = parseStreamKey(call.stream);
    if (name === undefined) return released(undefined);
    const claim = this.options.claims.get(name.key);
    if (claim === undefined) return released(this.copyOf(name));
    if (claim.epoch > call.epoch && claim.isConfirmed) return refused(RELEASE_NEWER_EPOCH);
    if (claim.publication.isAlive) return refused(RELEASE_PUBLISHER_ALIVE);
    return this.handOver(claim, call.newIngestWorker);
  }

  private handOver(claim: Claim, ingest: string): ReleaseAnswer {
    const { claims, streams, log, followNew } = this.options;
    const { stream, publication } = claim;
    // Until the directory says more, and it may be away, from nobody but the
    // publisher's worker: the others may still pull from here.
    const place = { ingest, home: ingest, replicas: [], epoch: claim.epoch + 1 };
    claims.release(claim);
    publication.revoke('replaced', log);
    log.info({ stream: stream.name.key, ingest }, 'stream handed over');
    const answer = released(stream);
    if (stream.isRead) followNew(stream, place);
    else streams.remove(stream, 'released');
    return answer;
  }

  private copyOf(name: StreamName): Stream | undefined {
    const stream = this.options.streams.get(name);
    return stream === undefined || stream.state === 'ended' ? undefined : stream;
  }
}

function released(stream: Stream | undefined): ReleaseAnswer {
  const isKnown = stream !== undefined && stream.nextSequence >= 0;
  const text = isKnown ? JSON.stringify(stream.continuation()) : '';
  return { isReleased: true, reason: '', continuation: Buffer.from(text) };
}

function refused(reason: string): ReleaseAnswer {
  return { isReleased: false, reason, continuation: Buffer.alloc(0) };
}
