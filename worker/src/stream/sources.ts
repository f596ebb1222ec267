import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Continuation } from './continuation.ts';
import type { Followers } from './followers.ts';
import type { HealthReport, PublisherCondition } from './health-conditions.ts';
import type { Ingest } from './ingest.ts';
import type { Lifetime, StreamState } from './lifetime.ts';
import type { Numbering } from './numbering.ts';
import { LocalSource, type PublishSource } from './publish-source.ts';
import type { PublisherTotals } from './publisher-totals.ts';
import { FollowSource, type FollowTarget, type RelaySource } from './relay-source.ts';
import { Segmenter } from './segmenter.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { TrackHistory } from './tracks.ts';

export interface SourcesOptions {
  /** Of the stream. */
  readonly name: string;
  readonly ingest: Ingest;
  readonly tracks: TrackHistory;
  readonly numbering: Numbering;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: () => StreamsConfig;
  readonly publishers: PublisherTotals;
  readonly lifetime: Pick<Lifetime, 'state' | 'release'>;
  /** They are told what the upstream tells us. */
  readonly followers: Pick<Followers, 'adopt' | 'onAdopted'>;
  /** A source came, left for now, or says that the stream is over. */
  readonly become: (state: Exclude<StreamState, 'idle'>) => void;
  readonly onCaughtUp: () => void;
}

/** Where a stream's frames come from: its publisher, or another worker, never both. */
export class Sources {
  private readonly options: SourcesOptions;
  private readonly followTarget: FollowTarget;
  private local: LocalSource | undefined = undefined;
  private upstream: FollowSource | undefined = undefined;

  constructor(options: SourcesOptions) {
    this.options = options;
    this.followTarget = this.makeFollowTarget();
  }

  /** Which one is attached. */
  get kind(): 'publisher' | 'relay' | 'none' {
    if (this.local !== undefined) return 'publisher';
    return this.upstream === undefined ? 'none' : 'relay';
  }

  /** All that the upstream had when it was attached is here. */
  get isCaughtUp(): boolean {
    return this.upstream === undefined || this.upstream.isCaughtUp;
  }

  /** Newest frame of the upstream; -1: there is none, or it did not say yet. */
  get upstreamHead(): number {
    const head = this.upstream?.headSequence ?? -1;
    return Number.isFinite(head) ? head : -1;
  }

  /** How the publisher sends; undefined without one. */
  health(nowMs: number): HealthReport | undefined {
    return this.local?.report(nowMs);
  }

  get hasWarnings(): boolean {
    return this.local?.hasWarnings ?? false;
  }

  tick(nowMs: number): void {
    this.local?.tick(nowMs);
  }

  /** Throws STREAM_BUSY while another source is live. */
  publish(continuation: Continuation | undefined): PublishSource {
    const { name, clock, numbering, lifetime, become } = this.options;
    const isFollowing = this.upstream !== undefined && lifetime.state === 'live';
    if (this.local !== undefined || isFollowing) {
      throw new WorkerError('STREAM_BUSY', name);
    }
    this.detachUpstream();
    const isContinued = numbering.start(clock.unixMs(), continuation);
    const source = this.makeLocal(isContinued);
    this.local = source;
    become('live');
    return source;
  }

  /** Takes over from an upstream that is attached. Throws STREAM_BUSY while a publisher is. */
  follow(): RelaySource {
    const { name, ingest, tracks } = this.options;
    if (this.local !== undefined) throw new WorkerError('STREAM_BUSY', name);
    this.detachUpstream();
    this.upstream = new FollowSource(ingest, tracks, this.followTarget);
    return this.upstream;
  }

  /** The stream is over, whatever they still send. */
  detach(): void {
    this.local = undefined;
    this.detachUpstream();
  }

  private makeLocal(isContinued: boolean): LocalSource {
    const { ingest, tracks, numbering, clock, config, publishers, log, name } = this.options;
    const segmenter = new Segmenter({
      tracks,
      segmentSeconds: () => config().hls.segmentSeconds,
      nextMarkSequence: numbering.nextMarkSequence,
      discontinuitySequence: numbering.discontinuitySequence,
      targetDurationSeconds: numbering.targetDurationSeconds,
      isContinued,
    });
    const source: LocalSource = new LocalSource({
      ...{ ingest, segmenter, clock },
      totals: publishers,
      onCondition: (condition) => this.onCondition(condition),
      onClose: (reason) => {
        log.info({ stream: name, reason }, 'publisher left');
        if (this.local !== source) return;
        this.local = undefined;
        this.options.become('waiting');
      },
    });
    return source;
  }

  private onCondition({ type, holds, reason, message }: PublisherCondition): void {
    const { publishers, log, name } = this.options;
    if (!holds) publishers.warned(type);
    const said = holds ? 'publisher sends well again' : 'publisher sends badly';
    log.info({ stream: name, condition: type, reason, message }, said);
  }

  private makeFollowTarget(): FollowTarget {
    const { numbering, followers, lifetime, onCaughtUp, become } = this.options;
    return {
      adopt: (hello) => followers.adopt(hello),
      isLost: (from, to) => numbering.isLost(from, to),
      onHello: () => followers.onAdopted(),
      onUpstreamState: (state) => {
        if (state !== 'idle') become(state);
      },
      onCaughtUp,
      onSourceClosed: (source, reason) => {
        if (this.upstream !== source) return;
        this.upstream = undefined;
        if (reason === 'unread') lifetime.release();
        become(reason === 'ended' || reason === 'unread' ? 'ended' : 'waiting');
      },
    };
  }

  private detachUpstream(): void {
    this.upstream?.detach();
    this.upstream = undefined;
  }
}
