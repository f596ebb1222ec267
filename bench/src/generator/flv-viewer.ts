import {
  FlvReader,
  type CloseReason,
  type Connection,
  type ConnectionHandler,
  type Engine,
  type FlvSink,
} from '@streamcluster/worker';

const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_MAX_BYTES = 4096;
const VIDEO = 9;

export interface ViewerOptions {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  /** `/app/name.flv` */
  readonly path: string;
}

/** An HTTP-FLV viewer that only counts: the kernel drops what it receives. */
export class CountingViewer implements ConnectionHandler {
  readonly closed: Promise<CloseReason>;
  isClosed = false;
  status = 0;
  readonly connection: Connection;
  private readonly request: string;
  private resolveClosed: (reason: CloseReason) => void = () => undefined;

  constructor({ engine, host, port, path }: ViewerOptions) {
    this.request = requestHead(host, port, path);
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    this.connection = engine.connect(host, port, this);
  }

  get bytes(): number {
    return this.connection.bytesReceived;
  }

  onConnect(): void {
    this.connection.write(Buffer.from(this.request));
  }

  onData(slab: Buffer, start: number): void {
    if (this.status !== 0) return;
    this.status = Number(slab.toString('latin1', start + 9, start + 12));
    if (this.status === 200) this.connection.discardInput(true);
  }

  onClose(reason: CloseReason): void {
    this.isClosed = true;
    this.resolveClosed(reason);
  }

  close(): void {
    this.connection.close();
  }
}

export interface ReadingViewerSink extends FlvSink {
  /** The answer's head is there; `headBytes` is its length. */
  onHead?(status: number, headBytes: number): void;
}

/** An HTTP-FLV viewer that reads every tag. */
export class ReadingViewer implements ConnectionHandler {
  readonly closed: Promise<CloseReason>;
  isClosed = false;
  status = 0;
  headBytes = 0;
  error: string | undefined = undefined;
  readonly connection: Connection;
  private readonly request: string;
  private readonly reader: FlvReader;
  private head: Buffer = Buffer.alloc(0);
  private readonly sink: ReadingViewerSink;
  private resolveClosed: (reason: CloseReason) => void = () => undefined;

  constructor({ engine, host, port, path }: ViewerOptions, sink: ReadingViewerSink) {
    this.request = requestHead(host, port, path);
    this.sink = sink;
    this.reader = new FlvReader(sink);
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    this.connection = engine.connect(host, port, this);
  }

  onConnect(): void {
    this.connection.write(Buffer.from(this.request));
  }

  onData(slab: Buffer, start: number, end: number): void {
    const at = this.status === 0 ? this.readHead(slab, start, end) : start;
    if (this.status !== 200 || at >= end) return;
    this.error ??= this.reader.push(slab, at, end);
  }

  onClose(reason: CloseReason): void {
    this.isClosed = true;
    this.resolveClosed(reason);
  }

  close(): void {
    this.connection.close();
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
    this.sink.onHead?.(this.status, this.headBytes);
    return start + this.headBytes - had;
  }
}

function requestHead(host: string, port: number, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUser-Agent: streamcluster-bench\r\n\r\n`;
}

/** A coded key picture, not its configuration (FLV 10.1 E.4.3). */
export function isKeyPicture(kind: number, buf: Buffer, start: number): boolean {
  return kind === VIDEO && (buf[start] ?? 0) >> 4 === 1 && buf[start + 1] === 1;
}
