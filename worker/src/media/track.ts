import type { AudioCodec, VideoCodec } from './frame.ts';

/** What is known of a stream's video from its configuration record. */
export interface VideoTrack {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** 0 where the configuration does not say. */
  readonly width: number;
  readonly height: number;
  /** Codec's own words: `High`, `Main` …; empty when unknown. */
  readonly profile: string;
  /** RFC 6381 codec string, as `avc1.64001f`; empty when unknown. */
  readonly codecString: string;
  /** Copy of the configuration record (avcC …). */
  readonly configuration: Buffer;
}

export interface AudioTrack {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  readonly sampleRate: number;
  readonly channels: number;
  readonly profile: string;
  readonly codecString: string;
  readonly configuration: Buffer;
}
