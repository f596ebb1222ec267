import type { Visit } from '../../access/visit.ts';
import type { RevokeReason } from '../../cluster/stream-access.ts';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';
import { parseTagBody } from '../../formats/flv/tag-body.ts';
import { emptyFrame, FrameKind } from '../../media/frame.ts';
import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import { dataBodyStart } from './data-message.ts';
import { closedText, onStatus } from './messages.ts';
import type { RtmpPeer, RtmpRole } from './role.ts';
import type { RtmpPublication } from './stream-access.ts';

/** What a client is told that is closed from outside. One that was replaced has
 * come back by itself. */
const CLOSED: Readonly<Partial<Record<ExpelReason | RevokeReason, WorkerErrorCode>>> = {
  'claim-lost': 'CLAIM_LOST',
  draining: 'WORKER_DRAINING',
};

/** A session that publishes. */
export class Publisher implements RtmpRole, SessionControl {
  private readonly peer: RtmpPeer;
  /** Publishers are not slow. */
  readonly skips = 0;
  private readonly visit: Visit;
  private readonly frame = emptyFrame();
  private publication: RtmpPublication | undefined = undefined;
  private session: Session | undefined = undefined;
  private isOver = false;
  private mediaMessages = 0;
  private seenMediaMessages = -1;
  private seenAtMs = 0;
  /** Of the connection, before it published this. */
  private readonly bytesBefore: number;

  constructor(peer: RtmpPeer, visit: Visit) {
    this.peer = peer;
    this.bytesBefore = peer.connection.bytesReceived;
    this.visit = visit;
  }

  get bytes(): number {
    return this.peer.connection.bytesReceived - this.bytesBefore;
  }

  /** Asks the cluster; what the client sends meanwhile is held. */
  async start(): Promise<void> {
    const { context } = this.peer;
    this.peer.hold(true);
    try {
      const entered = context.visitors.enter(this.visit);
      const entry = entered instanceof Promise ? await entered : entered;
      // Gone while somebody was asked: no claim is made for it.
      if (this.isOver) return;
      const publication = await context.streams.publish(this.visit.name, {
        protocol: 'rtmp',
        remoteAddress: this.visit.address,
        onRevoked: (reason) => this.revoked(reason),
      });
      this.started(publication, entry);
    } catch (error) {
      this.refused(error);
    }
  }

  // eslint-disable-next-line max-params -- No object is made per message.
  onMedia(kind: FrameKind, timestampMs: number, buf: Buffer, start: number, end: number): void {
    const publication = this.publication;
    // librtmp sends empty messages to keep a connection alive.
    if (publication === undefined || start === end) return;
    const frame = this.frame;
    if (parseTagBody(kind, buf, start, end, frame)) {
      this.mediaMessages++;
      frame.dtsMs = timestampMs;
      publication.append(frame);
    } else {
      this.peer.complain('MEDIA_UNSUPPORTED');
    }
  }

  onDataMessage(timestampMs: number, buf: Buffer, start: number, end: number): void {
    // Every viewer gets the metadata, so their size is bounded like a command's.
    const isBounded = end - start <= this.peer.context.limits.maxCommandBytes;
    const bodyStart = isBounded ? dataBodyStart(buf, start, end) : -1;
    if (bodyStart < 0) this.peer.complain('RTMP_COMMAND_INVALID', 'data message');
    else if (bodyStart < end) this.onMedia(FrameKind.data, timestampMs, buf, bodyStart, end);
  }

  release(): void {
    this.isOver = true;
    const publication = this.take();
    if (publication === undefined) return;
    publication.close('unpublished');
    this.session?.end('unpublished');
    this.peer.connection.coalesceReads(false);
    this.peer.send(
      onStatus('status', 'NetStream.Unpublish.Success', `${this.visit.name.key} ended.`),
    );
  }

  lost(): void {
    this.isOver = true;
    const publication = this.take();
    if (publication === undefined) return;
    publication.close('lost');
    this.session?.end('lost');
  }

  isIdle(nowMs: number): boolean {
    if (this.publication === undefined || this.seenMediaMessages !== this.mediaMessages) {
      this.seenMediaMessages = this.mediaMessages;
      this.seenAtMs = nowMs;
    }
    return nowMs - this.seenAtMs > this.peer.context.limits.publisherIdleMs;
  }

  private started(publication: RtmpPublication, entry: Entry): void {
    if (this.isOver) {
      publication.close('lost');
      return;
    }
    this.publication = publication;
    this.session = entry.open(this);
    const { key } = this.visit.name;
    this.peer.send(onStatus('status', 'NetStream.Publish.Start', `Publishing ${key}.`));
    this.peer.connection.coalesceReads(true);
    this.peer.hold(false);
  }

  private refused(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const cause = error instanceof WorkerError ? error : undefined;
    const isBusy = cause?.code === 'STREAM_BUSY' || cause?.code === 'STREAM_NAME_INVALID';
    const code = isBusy ? 'NetStream.Publish.BadName' : 'NetStream.Publish.Failed';
    this.peer.refuse(cause ?? new WorkerError('INTERNAL', undefined, { cause: error }), code);
  }

  /** Its viewers stay for the grace: somebody else may publish. */
  expel(reason: ExpelReason): void {
    this.publication?.close('unpublished');
    this.closed(reason);
  }

  private revoked(reason: RevokeReason): void {
    this.closed(reason);
  }

  private closed(reason: ExpelReason | RevokeReason): void {
    this.isOver = true;
    if (this.take() === undefined) return;
    const { connection } = this.peer;
    this.session?.end(reason);
    const code = CLOSED[reason];
    if (code !== undefined) {
      this.peer.refuse(new WorkerError(code), 'NetStream.Publish.Failed');
      return;
    }
    this.peer.send(onStatus('error', 'NetStream.Publish.Failed', closedText(reason)));
    connection.end();
  }

  private take(): RtmpPublication | undefined {
    const publication = this.publication;
    this.publication = undefined;
    return publication;
  }
}
