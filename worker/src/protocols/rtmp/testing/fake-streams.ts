import { WorkerError, type WorkerErrorCode } from '../../../errors.ts';
import type { Frame } from '../../../media/frame.ts';
import type { StreamName } from '../../../media/stream-name.ts';
import type { ViewerCloseReason } from '../../../stream/viewer.ts';
import type {
  RtmpPublication,
  RtmpPublisherInfo,
  RtmpStream,
  RtmpStreamAccess,
} from '../stream-access.ts';

export interface SeenFrame {
  readonly summary: string;
  readonly dtsMs: number;
  readonly body: Buffer;
}

/** Remembers what protocols ask of the cluster, and answers as it was told. */
export class FakeStreams implements RtmpStreamAccess {
  readonly events: string[] = [];
  readonly frames: SeenFrame[] = [];
  /** Names that can be played at once, and those after a while. */
  readonly here = new Set<string>();
  /** Of those here, streams that have ended. */
  readonly over = new Set<string>();
  readonly elsewhere = new Set<string>();
  refusal: WorkerErrorCode | undefined = undefined;
  /** Until it resolves, publish and view do. */
  gate: Promise<void> = Promise.resolve();
  publisher: RtmpPublisherInfo | undefined = undefined;
  closeViewer: (reason: ViewerCloseReason) => void = () => undefined;

  async publish(name: StreamName, publisher: RtmpPublisherInfo): Promise<RtmpPublication> {
    this.events.push(`publish ${name.key}`);
    await this.gate;
    if (this.refusal !== undefined) throw new WorkerError(this.refusal);
    this.publisher = publisher;
    return {
      append: (frame) => this.remember(frame),
      close: (reason) => this.events.push(`closed ${reason}`),
    };
  }

  viewSync(name: StreamName): RtmpStream | undefined {
    return this.here.has(name.key) ? this.stream(name) : undefined;
  }

  async view(name: StreamName): Promise<RtmpStream> {
    this.events.push(`view ${name.key}`);
    await this.gate;
    if (!this.elsewhere.has(name.key)) throw new WorkerError('STREAM_NOT_FOUND');
    return this.stream(name);
  }

  private stream(name: StreamName): RtmpStream {
    return {
      state: this.over.has(name.key) ? 'ended' : 'live',
      attach: (request) => {
        this.events.push(`attach ${name.key}`);
        let isClosed = false;
        const close = (reason: ViewerCloseReason): void => {
          if (isClosed) return;
          isClosed = true;
          this.events.push(`viewer ${reason}`);
          request.onClosed(reason);
        };
        this.closeViewer = close;
        return { close, skips: 0 };
      },
    };
  }

  private remember(frame: Frame): void {
    const flags = `${frame.isKey ? ' key' : ''}${frame.isConfig ? ' config' : ''}`;
    this.frames.push({
      summary: `${frame.kind} ${frame.codec}${flags}`,
      dtsMs: frame.dtsMs,
      body: Buffer.from(frame.body.subarray(frame.bodyStart, frame.bodyEnd)),
    });
  }
}
