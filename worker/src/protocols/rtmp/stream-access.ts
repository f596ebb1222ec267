import type { RevokeReason } from '../../cluster/stream-access.ts';
import type { Connection } from '../../engine/engine.ts';
import type { Frame } from '../../media/frame.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { StreamState } from '../../stream/lifetime.ts';
import type { Viewer, ViewerCloseReason } from '../../stream/viewer.ts';

/** What RTMP needs of StreamAccess and Stream, and no more. */
export interface RtmpStreamAccess {
  view(name: StreamName): Promise<RtmpStream>;
  viewSync(name: StreamName): RtmpStream | undefined;
  publish(name: StreamName, publisher: RtmpPublisherInfo): Promise<RtmpPublication>;
}

export interface RtmpPublisherInfo {
  readonly protocol: 'rtmp';
  readonly remoteAddress: string;
  /** The publication is closed already. */
  onRevoked(reason: RevokeReason): void;
}

export interface RtmpPublication {
  append(frame: Frame): void;
  close(reason: 'unpublished' | 'lost'): void;
}

export interface RtmpStream {
  readonly state: StreamState;
  /** From now on the connection follows the stream's log of chunks. */
  attach(request: {
    readonly connection: Connection;
    readonly protocol: 'rtmp';
    readonly sessionId: string;
    readonly askedAtMs: number;
    onClosed(reason: ViewerCloseReason): void;
  }): Pick<Viewer, 'close' | 'skips'>;
}
