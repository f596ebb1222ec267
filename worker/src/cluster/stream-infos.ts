import { StreamInfo, StreamInfo_Role, TrackInfo } from '@streamcluster/proto';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';

export interface StreamInfosOptions {
  readonly self: string;
  readonly streams: StreamRegistry;
  readonly claims: Claims;
  readonly directory: Directory;
}

/** The streams that are here, as the operator sees them. */
export class StreamInfos {
  private readonly options: StreamInfosOptions;

  constructor(options: StreamInfosOptions) {
    this.options = options;
  }

  list(): StreamInfo[] {
    return this.options.streams
      .list()
      .filter(({ state }) => state !== 'ended' && state !== 'idle')
      .map((stream) => this.infoOf(stream));
  }

  private infoOf(stream: Stream): StreamInfo {
    const { key } = stream.name;
    const claim = this.options.claims.get(key);
    const entry = this.options.directory.get(key);
    const { video, audio } = stream.tracks;
    return StreamInfo.fromPartial({
      name: key,
      role: this.roleOf(claim !== undefined, claim?.home ?? entry?.home),
      epoch: BigInt(stream.epoch),
      viewers: stream.viewerCounts(),
      bitsPerSecond: stream.bitsPerSecond,
      tracks: [video, audio].filter((track) => track !== undefined).map(trackInfo),
      waitingForPublisher: stream.state === 'waiting',
      startedUnixMs: BigInt(Math.round(stream.startedUnixMs)),
      homeWorker: claim?.home ?? entry?.home ?? '',
      ingestWorker: claim === undefined ? (entry?.ingest ?? '') : this.options.self,
    });
  }

  private roleOf(isIngest: boolean, home: string | undefined): StreamInfo_Role {
    const isHome = home === this.options.self;
    if (isIngest) {
      return isHome ? StreamInfo_Role.ROLE_INGEST_AND_HOME : StreamInfo_Role.ROLE_INGEST;
    }
    return isHome ? StreamInfo_Role.ROLE_HOME : StreamInfo_Role.ROLE_RELAY;
  }
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
