import { WorkerError } from '../../errors.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { Viewer, ViewerCloseReason } from '../../stream/viewer.ts';
import { onStatus, playEnd, playStart } from './messages.ts';
import type { RtmpPeer, RtmpRole } from './role.ts';
import type { RtmpStream } from './stream-access.ts';

/** A session that plays. Media goes from the log to the socket, past this code. */
export class Player implements RtmpRole {
  private readonly peer: RtmpPeer;
  private readonly name: StreamName;
  private viewer: Pick<Viewer, 'close'> | undefined = undefined;
  private isOver = false;

  constructor(peer: RtmpPeer, name: StreamName) {
    this.peer = peer;
    this.name = name;
  }

  async start(): Promise<void> {
    const { streams } = this.peer.context;
    try {
      // Without waiting when it is here, so that the first bytes leave at once.
      this.attach(streams.viewSync(this.name) ?? (await streams.view(this.name)));
    } catch (error) {
      this.refused(error);
    }
  }

  /** Players send no media; what comes is dropped. */
  onMedia(): void {
    return;
  }

  onDataMessage(): void {
    return;
  }

  release(): void {
    this.lost();
  }

  lost(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.viewer?.close('connection');
  }

  isIdle(): boolean {
    return false;
  }

  private attach(stream: RtmpStream): void {
    if (this.isOver) return;
    if (stream.state === 'ended') {
      // It stays for HLS players that are behind. Who is told "start" and "stop"
      // at once (GStreamer) comes back a thousand times a second.
      this.refused(new WorkerError('STREAM_NOT_FOUND', this.name.key));
      return;
    }
    const { connection, context } = this.peer;
    this.peer.send(playStart(this.name.key));
    const fields = { stream: this.name.key, remoteAddress: connection.remoteAddress };
    context.log.info(fields, 'viewer opened');
    this.viewer = stream.attach({
      connection,
      protocol: 'rtmp',
      onClosed: (reason) => this.closed(reason),
    });
  }

  private closed(reason: ViewerCloseReason): void {
    const { connection, context } = this.peer;
    context.log.info({ stream: this.name.key, reason }, 'viewer closed');
    if (this.isOver) return;
    this.isOver = true;
    if (reason === 'connection') return;
    if (reason === 'ended') this.peer.send(playEnd(this.name.key));
    else this.peer.send(onStatus('error', 'NetStream.Play.Failed', `Closed: ${reason}.`));
    connection.end();
  }

  private refused(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const cause = error instanceof WorkerError ? error : undefined;
    const isUnknown = cause?.code === 'STREAM_NOT_FOUND' || cause?.code === 'STREAM_NAME_INVALID';
    const code = isUnknown ? 'NetStream.Play.StreamNotFound' : 'NetStream.Play.Failed';
    this.peer.refuse(cause ?? new WorkerError('INTERNAL', undefined, { cause: error }), code);
  }
}
