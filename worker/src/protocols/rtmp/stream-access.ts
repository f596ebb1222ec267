import type { Connection } from '../../engine/engine.ts';
import type { Frame } from '../../media/frame.ts';
import type { StreamName } from '../../media/stream-name.ts';

/** What RTMP needs of the cluster and of streams; a narrow view of theirs. */
export interface RtmpStreamAccess {
  view(name: StreamName): Promise<RtmpStream>;
  viewSync(name: StreamName): RtmpStream | undefined;
  publish(name: StreamName, publisher: RtmpPublisherInfo): Promise<RtmpPublication>;
}

export interface RtmpPublisherInfo {
  readonly protocol: 'rtmp';
  readonly remoteAddress: string;
  /** The publication was closed from outside: replaced, kicked, drained. */
  onRevoked(reason: string): void;
}

export interface RtmpPublication {
  append(frame: Frame): void;
  close(reason: 'unpublished' | 'lost'): void;
}

export type RtmpViewerCloseReason =
  'ended' | 'too-slow' | 'connection' | 'kicked' | 'draining' | 'released';

export interface RtmpStream {
  /** From now on the connection follows the stream's log of chunks. */
  attach(request: {
    readonly connection: Connection;
    readonly protocol: 'rtmp';
    onClosed(reason: RtmpViewerCloseReason): void;
  }): RtmpViewer;
}

export interface RtmpViewer {
  close(reason: RtmpViewerCloseReason): void;
}
