import crypto from 'node:crypto';
import {
  asAmf0Object,
  ClientHandshake,
  readAmf0,
  RTMP_LOG_STREAM_ID,
  RtmpChunkReader,
  RtmpMessageType,
  type Amf0Value,
  type CloseReason,
  type Connection,
  type ConnectionHandler,
  type Engine,
} from '@streamcluster/worker';
import type { Feed } from './feed.ts';
import { command, setChunkSize } from './rtmp-commands.ts';

/** Transaction ids of the commands that we wait for. */
const CONNECT = 1;
const CREATE_STREAM = 2;
const NO_ANSWER = 0;

export interface PublisherOptions {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly app: string;
  readonly name: string;
  readonly feed: Feed;
}

/** One RTMP publisher: speaks until it may publish, then follows the feed. */
export class Publisher implements ConnectionHandler {
  readonly key: string;
  /** Resolves when the server said NetStream.Publish.Start. */
  readonly live: Promise<void>;
  readonly closed: Promise<CloseReason>;
  isLive = false;
  isClosed = false;
  private readonly options: PublisherOptions;
  private readonly connection: Connection;
  private readonly handshake = new ClientHandshake(crypto.randomBytes);
  private readonly reader: RtmpChunkReader;
  private inHandshake = true;
  private readonly isLiveNow = Promise.withResolvers<undefined>();
  private readonly isClosedNow = Promise.withResolvers<CloseReason>();

  constructor(options: PublisherOptions) {
    this.options = options;
    this.key = `${options.app}/${options.name}`;
    this.live = this.isLiveNow.promise;
    this.live.catch(() => undefined);
    this.closed = this.isClosedNow.promise;
    this.reader = new RtmpChunkReader({
      // eslint-disable-next-line max-params -- As the reader calls it.
      onMessage: (typeId, _streamId, _timestampMs, buf, start, end) => {
        if (typeId === RtmpMessageType.commandAmf0) this.onCommand(readAmf0(buf, start, end) ?? []);
      },
    });
    this.connection = options.engine.connect(options.host, options.port, this);
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

  /** The server did not read for several GOPs. */
  onCursorLate(): void {
    this.fail('did not read what was published');
  }

  onClose(reason: CloseReason): void {
    this.isClosed = true;
    this.isLive = false;
    this.isLiveNow.reject(new Error(`${this.key}: connection closed (${reason})`));
    this.isClosedNow.resolve(reason);
  }

  /** Ends as ffmpeg does: unpublish, delete the stream, close. */
  unpublish(): void {
    if (this.isClosed) return;
    this.connection.detachCursor();
    this.connection.write(command(0, 'FCUnpublish', NO_ANSWER, null, this.options.name));
    this.connection.write(command(0, 'deleteStream', NO_ANSWER, null, RTMP_LOG_STREAM_ID));
    this.connection.end();
  }

  /** Ends without a word, as a killed process does. */
  drop(): void {
    this.connection.close();
  }

  private fail(reason: string): void {
    this.isLiveNow.reject(new Error(`${this.key}: server ${reason}`));
    this.connection.close();
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
    const { app, host, port } = this.options;
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
    if (name === '_result') this.onResult(transaction);
    else if (name === '_error') this.fail(`refused: ${JSON.stringify(info)}`);
    else if (name === 'onStatus') this.onStatus(info);
  }

  private onResult(transaction: Amf0Value): void {
    const { name } = this.options;
    if (transaction === CONNECT) {
      this.connection.write(command(0, 'FCPublish', NO_ANSWER, null, name));
      this.connection.write(command(0, 'createStream', CREATE_STREAM, null));
    } else if (transaction === CREATE_STREAM) {
      const publish = ['publish', NO_ANSWER, null, name, 'live'];
      this.connection.write(command(RTMP_LOG_STREAM_ID, ...publish));
    }
  }

  private onStatus(info: Amf0Value): void {
    if (this.isLive) return;
    if (asAmf0Object(info)?.['code'] !== 'NetStream.Publish.Start') {
      this.fail(`refused: ${JSON.stringify(info)}`);
      return;
    }
    const { feed } = this.options;
    this.connection.write(feed.headMessages());
    this.connection.attachCursor(feed.log, { position: feed.startPosition });
    this.isLive = true;
    this.isLiveNow.resolve(undefined);
  }
}
