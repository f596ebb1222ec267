import type { Visit } from '../../access/visit.ts';
import { WorkerError } from '../../errors.ts';
import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { Viewer, ViewerCloseReason } from '../../stream/viewer.ts';
import { closedText, onStatus, playEnd, playStart } from './messages.ts';
import type { RtmpPeer, RtmpRole } from './role.ts';
import type { RtmpStream } from './stream-access.ts';

/** A session that plays. Media goes from the log to the socket, past this code. */
export class Player implements RtmpRole, SessionControl {
  private readonly peer: RtmpPeer;
  private readonly visit: Visit;
  private viewer: Pick<Viewer, 'close' | 'skips'> | undefined = undefined;
  private session: Session | undefined = undefined;
  private controlBytes = 0;
  private isOver = false;

  constructor(peer: RtmpPeer, visit: Visit) {
    this.peer = peer;
    this.visit = visit;
  }

  get bytes(): number {
    return this.peer.connection.bytesSent - this.controlBytes;
  }

  get skips(): number {
    return this.viewer?.skips ?? 0;
  }

  async start(): Promise<void> {
    const { streams, visitors } = this.peer.context;
    const { name } = this.visit;
    try {
      // Without waiting when it is here, so that the first bytes leave at once.
      const entered = visitors.enter(this.visit);
      const entry = entered instanceof Promise ? await entered : entered;
      this.attach(streams.viewSync(name) ?? (await streams.view(name)), entry);
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

  expel(reason: ExpelReason): void {
    this.viewer?.close(reason);
  }

  private attach(stream: RtmpStream, entry: Entry): void {
    if (this.isOver) return;
    const { key } = this.visit.name;
    if (stream.state === 'ended') {
      // It stays for HLS players that are behind. Who is told "start" and "stop"
      // at once (GStreamer) comes back a thousand times a second.
      this.refused(new WorkerError('STREAM_NOT_FOUND', key));
      return;
    }
    const { connection } = this.peer;
    this.peer.send(playStart(key));
    this.controlBytes = connection.bytesSent;
    this.session = entry.open(this);
    this.viewer = stream.attach({
      connection,
      protocol: 'rtmp',
      sessionId: this.session.id,
      askedAtMs: entry.askedAtMs,
      onClosed: (reason) => this.closed(reason),
    });
  }

  private closed(reason: ViewerCloseReason): void {
    const { connection } = this.peer;
    this.session?.end(reason);
    if (this.isOver) return;
    this.isOver = true;
    if (reason === 'connection') return;
    if (reason === 'ended') this.peer.send(playEnd(this.visit.name.key));
    else this.peer.send(onStatus('error', 'NetStream.Play.Failed', closedText(reason)));
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
