import {
  RTMP_LOG_STREAM_ID,
  type CloseReason,
  type Connection,
  type ConnectionHandler,
} from '@streamcluster/worker';
import { RtmpClient, type RtmpRole, type RtmpTarget } from './rtmp-client.ts';
import { command, NO_ANSWER } from './rtmp-commands.ts';

/** A viewer that only counts what it receives. */
export interface CountingViewer {
  readonly connection: Pick<Connection, 'bytesReceived' | 'close'>;
  readonly isClosed: boolean;
  /** 200 or 101 once it is served, else what it was answered; 0 before. */
  readonly status: number;
}

/** Plays over RTMP; the kernel drops what it receives. */
export class CountingRtmpViewer implements CountingViewer, RtmpRole {
  readonly startedCode = 'NetStream.Play.Start';
  private readonly client: RtmpClient;

  constructor(target: RtmpTarget) {
    this.client = new RtmpClient(target, this);
  }

  get connection(): Connection {
    return this.client.connection;
  }

  get isClosed(): boolean {
    return this.client.isClosed;
  }

  get status(): number {
    return this.client.isStarted ? 200 : 0;
  }

  commands(name: string): Buffer {
    return command(RTMP_LOG_STREAM_ID, 'play', NO_ANSWER, null, name, -2);
  }

  onStarted(connection: Connection): void {
    connection.discardInput(true);
  }
}

export interface HttpTarget {
  readonly engine: RtmpTarget['engine'];
  readonly host: string;
  readonly port: number;
  /** `/app/name.flv` */
  readonly path: string;
  /** Asks for the WebSocket at the path. */
  readonly webSocket?: boolean;
  /** What the client calls itself. */
  readonly agent?: string;
}

/** Plays over HTTP or WebSocket, or fetches a file; the kernel drops what it receives. */
export class CountingHttpViewer implements CountingViewer, ConnectionHandler {
  readonly closed: Promise<CloseReason>;
  isClosed = false;
  status = 0;
  /** The answer's head, when it was a refusal. */
  refusal = '';
  readonly connection: Connection;
  private readonly target: HttpTarget;
  private readonly end = Promise.withResolvers<CloseReason>();

  constructor(target: HttpTarget) {
    this.target = target;
    this.closed = this.end.promise;
    this.connection = target.engine.connect(target.host, target.port, this);
  }

  onConnect(): void {
    this.connection.write(requestHead(this.target));
  }

  onData(slab: Buffer, start: number, end: number): void {
    if (this.status !== 0) return;
    this.status = Number(slab.toString('latin1', start + 9, start + 12));
    if (this.status < 400) this.connection.discardInput(true);
    else this.refusal = slab.toString('latin1', start, end);
  }

  onClose(reason: CloseReason): void {
    this.isClosed = true;
    this.end.resolve(reason);
  }
}

const WEB_SOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: c3RyZWFtY2x1c3RlcjEyMw==\r\n';

/** A GET without a body, kept alive. */
export function requestHead(target: Omit<HttpTarget, 'engine'>): Buffer {
  const { host, port, path, webSocket, agent } = target;
  const upgrade = webSocket === true ? WEB_SOCKET : '';
  const name = agent === undefined ? '' : `User-Agent: ${agent}\r\n`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n${name}${upgrade}\r\n`);
}
