import type { StreamServers } from '@streamcluster/placement';
import {
  PublisherCondition_Type,
  PublisherHealth,
  StreamInfo,
  StreamInfo_Role,
  TrackInfo,
} from '@streamcluster/proto';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import type { HealthReport } from '../stream/health-conditions.ts';
import type { ConditionType } from '../stream/health-rules.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { placeOfClaim } from './claim.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { Place } from './place.ts';
import type { Relays } from './relays.ts';

export interface StreamInfosOptions {
  readonly self: string;
  readonly streams: StreamRegistry;
  readonly claims: Claims;
  readonly directory: Directory;
  readonly relays: Relays;
}

const CONDITIONS: Readonly<Record<ConditionType, PublisherCondition_Type>> = {
  KeyFramesFrequent: PublisherCondition_Type.TYPE_KEY_FRAMES_FREQUENT,
  FrameRateSufficient: PublisherCondition_Type.TYPE_FRAME_RATE_SUFFICIENT,
  AudioVideoTogether: PublisherCondition_Type.TYPE_AUDIO_VIDEO_TOGETHER,
  ArrivesInTime: PublisherCondition_Type.TYPE_ARRIVES_IN_TIME,
  Sending: PublisherCondition_Type.TYPE_SENDING,
  TimestampsContinuous: PublisherCondition_Type.TYPE_TIMESTAMPS_CONTINUOUS,
  TimestampsRise: PublisherCondition_Type.TYPE_TIMESTAMPS_RISE,
};

/** The streams that are here, as the operator sees them. */
export class StreamInfos {
  private readonly options: StreamInfosOptions;

  constructor(options: StreamInfosOptions) {
    this.options = options;
  }

  get count(): number {
    return this.streams().length;
  }

  /** How many of their publishers send worse than they should. */
  get withWarnings(): number {
    return this.streams().filter(({ hasWarnings }) => hasWarnings).length;
  }

  list(): StreamInfo[] {
    return this.streams().map((stream) => this.infoOf(stream));
  }

  /** Those with the most viewers, at most so many. */
  top(count: number): StreamInfo[] {
    return this.streams()
      .map((stream) => ({ stream, viewers: sum(stream.viewerCounts()) }))
      .sort((a, b) => b.viewers - a.viewers)
      .slice(0, count)
      .map(({ stream }) => this.infoOf(stream));
  }

  /** Of all streams, relays of other workers among them. */
  viewersByProtocol(): Record<string, number> {
    const totals: Record<string, number> = {};
    for (const stream of this.streams()) {
      for (const [protocol, count] of Object.entries(stream.viewerCounts())) {
        totals[protocol] = (totals[protocol] ?? 0) + count;
      }
    }
    return totals;
  }

  private streams(): Stream[] {
    return this.options.streams.list().filter(({ state }) => state !== 'ended' && state !== 'idle');
  }

  private infoOf(stream: Stream): StreamInfo {
    const { key } = stream.name;
    const { home, ingest, replicas, epoch } = this.placeOf(key);
    const { video, audio } = stream.tracks;
    const viewers = stream.viewerCounts();
    return StreamInfo.fromPartial({
      name: key,
      role: this.roleOf({ home, ingest, replicas }),
      epoch: BigInt(Math.max(stream.epoch, epoch)),
      viewers,
      viewersEncrypted: stream.encryptedViewerCounts(),
      bitsPerSecond: stream.bitsPerSecond,
      tracks: [video, audio].filter((track) => track !== undefined).map(trackInfo),
      waitingForPublisher: stream.state === 'waiting',
      startedUnixMs: BigInt(Math.round(stream.startedUnixMs)),
      homeWorker: home,
      ingestWorker: ingest,
      replicas: [...replicas],
      relaysOut: viewers['relay'] ?? 0,
      health: stream.health && healthInfo(stream.health),
      upstreamWorker: this.options.relays.get(key)?.relay.upstreamWorker ?? '',
    });
  }

  /** What we claim counts, also while the directory does not have it. */
  private placeOf(key: string): Place {
    const { claims, directory, self } = this.options;
    const claim = claims.get(key);
    if (claim !== undefined) return placeOfClaim(claim, self);
    return directory.get(key) ?? { home: '', ingest: '', replicas: [], epoch: 0 };
  }

  private roleOf({ home, ingest, replicas }: StreamServers): StreamInfo_Role {
    const { self } = this.options;
    if (ingest === self && home === self) return StreamInfo_Role.ROLE_INGEST_AND_HOME;
    if (ingest === self) return StreamInfo_Role.ROLE_INGEST;
    if (home === self) return StreamInfo_Role.ROLE_HOME;
    return replicas.includes(self) ? StreamInfo_Role.ROLE_REPLICA : StreamInfo_Role.ROLE_RELAY;
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function healthInfo(report: HealthReport): PublisherHealth {
  const { framesPerSecond, keyIntervalMs, driftMs, pace, silentMs, gaps, stepsBack } = report;
  return PublisherHealth.fromPartial({
    ...{ framesPerSecond, keyIntervalMs, driftMs, pace, silentMs, gaps, stepsBack },
    conditions: report.conditions.map(({ type, sinceUnixMs, ...condition }) => ({
      ...condition,
      type: CONDITIONS[type],
      sinceUnixMs: BigInt(Math.round(sinceUnixMs)),
    })),
  });
}

function trackInfo(track: VideoTrack | AudioTrack): TrackInfo {
  const { kind, codec, profile } = track;
  if (track.kind === 'video') {
    return TrackInfo.fromPartial({
      kind,
      codec,
      profile,
      width: track.width,
      height: track.height,
    });
  }
  const { sampleRate, channels } = track;
  return TrackInfo.fromPartial({ kind, codec, profile, sampleRate, channels });
}
