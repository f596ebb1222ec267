import {
  FlvReader,
  type CloseReason,
  type Connection,
  type ConnectionHandler,
  type FlvSink,
} from '@streamcluster/worker';
import { requestHead, type HttpTarget } from './viewer.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_MAX_BYTES = 4096;
const VIDEO = 9;

const LOCATION = /^location: (\S+)/im;

/** An HTTP-FLV viewer that reads every tag. */
export class ReadingViewer implements ConnectionHandler {
  readonly closed: Promise<CloseReason>;
  /** The head is there. */
  readonly answered: Promise<this>;
  isClosed = false;
  status = 0;
  /** Where a redirect sends it. */
  location: string | undefined = undefined;
  /** Length of the answer's head. */
  headBytes = 0;
  error: string | undefined = undefined;
  readonly connection: Connection;
  private readonly target: HttpTarget;
  private readonly reader: FlvReader;
  private head: Buffer = Buffer.alloc(0);
  private readonly end = Promise.withResolvers<CloseReason>();
  private readonly answer = Promise.withResolvers<this>();

  constructor(target: HttpTarget, sink: FlvSink) {
    this.target = target;
    this.reader = new FlvReader(sink);
    this.closed = this.end.promise;
    this.answered = this.answer.promise;
    this.connection = target.engine.connect(target.host, target.port, this);
  }

  onConnect(): void {
    this.connection.write(requestHead(this.target));
  }

  onData(slab: Buffer, start: number, end: number): void {
    const at = this.status === 0 ? this.readHead(slab, start, end) : start;
    if (this.status !== 200 || at >= end) return;
    this.error ??= this.reader.push(slab, at, end);
  }

  onClose(reason: CloseReason): void {
    this.isClosed = true;
    this.end.resolve(reason);
  }

  /** Returns where the body starts; `end` when the head is not whole yet. */
  private readHead(slab: Buffer, start: number, end: number): number {
    const had = this.head.length;
    this.head = Buffer.concat([this.head, slab.subarray(start, end)]);
    const found = this.head.indexOf(HEAD_END);
    if (found < 0) {
      if (this.head.length > HEAD_MAX_BYTES) this.error = 'endless head';
      return end;
    }
    this.headBytes = found + HEAD_END.length;
    this.status = Number(this.head.toString('latin1', 9, 12));
    this.location = LOCATION.exec(this.head.toString('latin1', 0, found))?.[1];
    this.answer.resolve(this);
    return start + this.headBytes - had;
  }
}

/** A coded key picture, not its configuration (FLV 10.1 E.4.3). */
export function isKeyPicture(kind: number, buf: Buffer, start: number): boolean {
  return kind === VIDEO && (buf[start] ?? 0) >> 4 === 1 && buf[start + 1] === 1;
}
