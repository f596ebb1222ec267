import type { RevokeReason } from '../../cluster/stream-access.ts';
import { WorkerError } from '../../errors.ts';
import { parseTagBody } from '../../formats/flv/tag-body.ts';
import { emptyFrame, FrameKind } from '../../media/frame.ts';
import type { StreamName } from '../../media/stream-name.ts';
import { dataBodyStart } from './data-message.ts';
import { onStatus } from './messages.ts';
import type { RtmpPeer, RtmpRole } from './role.ts';
import type { RtmpPublication } from './stream-access.ts';

/** A session that publishes. */
export class Publisher implements RtmpRole {
  private readonly peer: RtmpPeer;
  private readonly name: StreamName;
  private readonly frame = emptyFrame();
  private publication: RtmpPublication | undefined = undefined;
  private isOver = false;
  private mediaMessages = 0;
  private seenMediaMessages = -1;
  private seenAtMs = 0;

  constructor(peer: RtmpPeer, name: StreamName) {
    this.peer = peer;
    this.name = name;
  }

  /** Asks the cluster; what the client sends meanwhile is held. */
  async start(): Promise<void> {
    const { connection, context } = this.peer;
    this.peer.hold(true);
    try {
      const publication = await context.streams.publish(this.name, {
        protocol: 'rtmp',
        remoteAddress: connection.remoteAddress,
        onRevoked: (reason) => this.revoked(reason),
      });
      this.started(publication);
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
    this.peer.connection.coalesceReads(false);
    this.peer.send(onStatus('status', 'NetStream.Unpublish.Success', `${this.name.key} ended.`));
    this.peer.context.log.info({ stream: this.name.key }, 'publisher closed: unpublished');
  }

  lost(): void {
    this.isOver = true;
    const publication = this.take();
    if (publication === undefined) return;
    publication.close('lost');
    this.peer.context.log.info({ stream: this.name.key }, 'publisher closed: connection lost');
  }

  isIdle(nowMs: number): boolean {
    if (this.publication === undefined || this.seenMediaMessages !== this.mediaMessages) {
      this.seenMediaMessages = this.mediaMessages;
      this.seenAtMs = nowMs;
    }
    return nowMs - this.seenAtMs > this.peer.context.limits.publisherIdleMs;
  }

  private started(publication: RtmpPublication): void {
    const { connection, context } = this.peer;
    if (this.isOver) {
      publication.close('lost');
      return;
    }
    this.publication = publication;
    const fields = { stream: this.name.key, remoteAddress: connection.remoteAddress };
    context.log.info(fields, 'publisher opened');
    this.peer.send(onStatus('status', 'NetStream.Publish.Start', `Publishing ${this.name.key}.`));
    connection.coalesceReads(true);
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

  private revoked(reason: RevokeReason): void {
    this.isOver = true;
    if (this.take() === undefined) return;
    const { connection, context } = this.peer;
    context.log.info({ stream: this.name.key, reason }, 'publisher closed: revoked');
    this.peer.send(onStatus('error', 'NetStream.Publish.Failed', `Closed: ${reason}.`));
    connection.end();
  }

  private take(): RtmpPublication | undefined {
    const publication = this.publication;
    this.publication = undefined;
    return publication;
  }
}
