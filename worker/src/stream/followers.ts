import type { RelayHello } from '../formats/relay/hello.ts';
import type { RelayState } from '../formats/relay/record.ts';
import { relayHeartbeatRecord, relayStateRecord } from '../formats/relay/writer.ts';
import type { Clock } from './clock.ts';
import type { FrameStore } from './frame-store.ts';
import type { Ingest } from './ingest.ts';
import type { Lifetime } from './lifetime.ts';
import type { HelloKind, Numbering } from './numbering.ts';
import { relayGreeting, relayStart, type RelayStartOptions } from './relay-start.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { TrackHistory } from './tracks.ts';
import type { RelayStart } from './viewer-set.ts';

const HEARTBEAT_MS = 1_000;

export interface FollowersOptions {
  /** Of the stream. */
  readonly name: string;
  readonly store: FrameStore;
  readonly tracks: TrackHistory;
  readonly ingest: Ingest;
  readonly numbering: Numbering;
  readonly clock: Clock;
  readonly config: () => StreamsConfig;
  readonly lifetime: Pick<Lifetime, 'state'>;
  /** Newest frame of where this copy is from; -1: none is known. */
  readonly upstreamHead: () => number;
}

/** What workers that follow a stream from here are told: of which run and epoch it is,
 * where they start, and that it is still there. */
export class Followers {
  private readonly options: FollowersOptions;
  private currentEpoch = 0;
  /** The newest hello said more than those who follow from here were told. */
  private hasNews = false;
  private lastRecordMs = 0;

  constructor(options: FollowersOptions) {
    this.options = options;
  }

  /** Of the newest place that what is here is of. */
  get epoch(): number {
    return this.currentEpoch;
  }

  reachEpoch(epoch: number): void {
    if (epoch <= this.currentEpoch) return;
    this.currentEpoch = epoch;
    this.greet();
  }

  /** What is here becomes what the upstream says that it is. */
  adopt(hello: RelayHello): HelloKind {
    const { name, numbering } = this.options;
    if (hello.stream !== name) return 'other-run';
    const epoch = this.currentEpoch;
    const branch = numbering.newestBranch;
    const kind = numbering.adopt(hello, epoch);
    this.currentEpoch = Math.max(epoch, hello.epoch);
    this.hasNews = this.currentEpoch > epoch || numbering.newestBranch !== branch;
    return kind;
  }

  /** The hello that was adopted is in force. */
  onAdopted(): void {
    if (this.hasNews) this.greet();
  }

  tellState(state: RelayState): void {
    this.options.store.peek('relay')?.appendRecord(relayStateRecord(state));
  }

  heartbeat(nowMs: number): void {
    const { store, ingest } = this.options;
    const relay = store.peek('relay');
    const quietSinceMs = Math.max(ingest.lastFrameAtMs, this.lastRecordMs);
    if (relay === undefined || nowMs - quietSinceMs < HEARTBEAT_MS) return;
    this.lastRecordMs = nowMs;
    relay.appendRecord(relayHeartbeatRecord());
  }

  /** Undefined until the stream knows which run of itself it is. */
  start(fromSequence: number | undefined): RelayStart | undefined {
    const { numbering, store, clock } = this.options;
    if (numbering.incarnation === '') return undefined;
    const log = store.open('relay', clock.nowMs());
    return relayStart(log, this.startOptions(), fromSequence);
  }

  /** What comes first for one who goes on at this frame. */
  greeting(sequence: number): Buffer {
    return relayGreeting(this.startOptions(), sequence);
  }

  /** Whoever follows from here is told as we were. */
  private greet(): void {
    const { store, numbering, ingest } = this.options;
    const relay = store.peek('relay');
    if (relay === undefined || numbering.incarnation === '') return;
    relay.appendRecord(this.greeting(ingest.nextSequence));
  }

  private startOptions(): RelayStartOptions {
    const { name, store, tracks, ingest, numbering, config, lifetime, upstreamHead } = this.options;
    return {
      ...{ store, tracks },
      nextSequence: ingest.nextSequence,
      lastDtsMs: ingest.lastDtsMs,
      segments: config().hls.segments,
      base: {
        stream: name,
        epoch: this.currentEpoch,
        incarnation: numbering.incarnation,
        startedUnixMs: numbering.startedUnixMs,
        branches: numbering.allBranches,
        state: lifetime.state,
        headSequence: Math.max(ingest.nextSequence - 1, upstreamHead()),
      },
    };
  }
}
