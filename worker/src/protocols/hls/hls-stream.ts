import type { Stream } from '../../stream/stream.ts';

/** What HLS needs of a stream. */
export interface HlsStream {
  readonly hls: HlsWindowView;
}

export type HlsWindowView = Pick<
  Stream['hls'],
  | 'unavailable'
  | 'playlist'
  | 'waitForPlaylist'
  | 'variant'
  | 'segment'
  | 'waitForSegment'
  | 'players'
  | 'begin'
  | 'standing'
>;
