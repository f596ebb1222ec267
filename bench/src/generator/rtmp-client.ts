import crypto from 'node:crypto';
import {
  asAmf0Object,
  ClientHandshake,
  readAmf0,
  RtmpChunkReader,
  RtmpMessageType,
  type Amf0Value,
  type CloseReason,
  type Connection,
  type ConnectionHandler,
  type Engine,
} from '@streamcluster/worker';
import { command, setChunkSize } from './rtmp-commands.ts';

/** Transaction ids of the commands that we wait for. */
const CONNECT = 1;
const CREATE_STREAM = 2;

export interface RtmpTarget {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly app: string;
  readonly name: string;
}

/** What a publisher and a viewer do differently. */
export interface RtmpRole {
  /** Sent once the message stream 1 is there. */
  readonly commands: (name: string) => Buffer;
  /** Code of the onStatus that says that it works. */
  readonly startedCode: string;
  onStarted(connection: Connection): void;
  /** The server does not read what a cursor sends. */
  onCursorLate?(): void;
}

/** One RTMP client, up to the point where media flows. */
export class RtmpClient implements ConnectionHandler {
  /** Resolves when the server said that it works. */
  readonly started: Promise<void>;
  readonly closed: Promise<CloseReason>;
  isStarted = false;
  isClosed = false;
  readonly connection: Connection;
  private readonly target: RtmpTarget;
  private readonly role: RtmpRole;
  private readonly handshake = new ClientHandshake(crypto.randomBytes);
  private readonly reader: RtmpChunkReader;
  private inHandshake = true;
  private readonly start = Promise.withResolvers<undefined>();
  private readonly end = Promise.withResolvers<CloseReason>();

  constructor(target: RtmpTarget, role: RtmpRole) {
    this.target = target;
    this.role = role;
    this.started = this.start.promise;
    this.started.catch(() => undefined);
    this.closed = this.end.promise;
    this.reader = new RtmpChunkReader({
      // eslint-disable-next-line max-params -- As the reader calls it.
      onMessage: (typeId, _streamId, _timestampMs, buf, start, end) => {
        if (typeId === RtmpMessageType.commandAmf0) this.onCommand(readAmf0(buf, start, end) ?? []);
      },
    });
    this.connection = target.engine.connect(target.host, target.port, this);
  }

  onConnect(): void {
    this.connection.write(this.handshake.reply);
  }

  onData(slab: Buffer, start: number, end: number): void {
    const at = this.inHandshake ? this.shakeHands(slab, start, end) : start;
    if (this.inHandshake || at >= end) return;
    const error = this.reader.push(slab, at, end);
    if (error !== undefined) this.fail(`answered in broken chunks: ${error}`);
  }

  onCursorLate(): void {
    this.role.onCursorLate?.();
  }

  onClose(reason: CloseReason): void {
    this.isClosed = true;
    this.start.reject(new Error(`${this.key}: connection closed (${reason})`));
    this.end.resolve(reason);
  }

  fail(reason: string): void {
    this.start.reject(new Error(`${this.key}: server ${reason}`));
    this.connection.close();
  }

  private get key(): string {
    return `${this.target.app}/${this.target.name}`;
  }

  /** Returns where the chunks start. */
  private shakeHands(slab: Buffer, start: number, end: number): number {
    const status = this.handshake.push(slab, start, end);
    if (status === 'not-rtmp') this.fail('does not speak RTMP');
    if (status === 'done') {
      this.inHandshake = false;
      this.sendConnect();
    }
    return this.handshake.position;
  }

  private sendConnect(): void {
    const { app, host, port } = this.target;
    this.connection.write(this.handshake.reply);
    this.connection.write(setChunkSize());
    const about = {
      app,
      type: 'nonprivate',
      flashVer: 'FMLE/3.0 (compatible; streamcluster-bench)',
      tcUrl: `rtmp://${host}:${port}/${app}`,
    };
    this.connection.write(command(0, 'connect', CONNECT, about));
  }

  private onCommand([name, transaction, , info]: Amf0Value[]): void {
    if (name === '_error') this.fail(`refused: ${JSON.stringify(info)}`);
    else if (name === 'onStatus') this.onStatus(info);
    else if (name === '_result' && transaction === CONNECT) {
      this.connection.write(command(0, 'createStream', CREATE_STREAM, null));
    } else if (name === '_result' && transaction === CREATE_STREAM) {
      this.connection.write(this.role.commands(this.target.name));
    }
  }

  private onStatus(info: Amf0Value): void {
    if (this.isStarted) return;
    const status = asAmf0Object(info);
    if (status?.['level'] === 'error') this.fail(`refused: ${JSON.stringify(status)}`);
    if (status?.['code'] !== this.role.startedCode) return;
    this.isStarted = true;
    this.role.onStarted(this.connection);
    this.start.resolve(undefined);
  }
}
