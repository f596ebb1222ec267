import { RTMP_LOG_STREAM_ID, type CloseReason, type Connection } from '@streamcluster/worker';
import type { Feed } from './feed.ts';
import { RtmpClient, type RtmpRole, type RtmpTarget } from './rtmp-client.ts';
import { command, NO_ANSWER, publishCommands } from './rtmp-commands.ts';

export interface PublisherOptions extends RtmpTarget {
  readonly feed: Feed;
}

/** One RTMP publisher: speaks until it may publish, then follows the feed. */
export class Publisher implements RtmpRole {
  readonly key: string;
  readonly startedCode = 'NetStream.Publish.Start';
  private readonly feed: Feed;
  private readonly client: RtmpClient;

  constructor(options: PublisherOptions) {
    this.key = `${options.app}/${options.name}`;
    this.feed = options.feed;
    this.client = new RtmpClient(options, this);
  }

  get connection(): Connection {
    return this.client.connection;
  }

  /** Resolves when the server took the stream. */
  get live(): Promise<void> {
    return this.client.started;
  }

  get closed(): Promise<CloseReason> {
    return this.client.closed;
  }

  get isLive(): boolean {
    return this.client.isStarted && !this.client.isClosed;
  }

  get isClosed(): boolean {
    return this.client.isClosed;
  }

  commands(name: string): Buffer {
    return publishCommands(name);
  }

  onStarted(connection: Connection): void {
    connection.write(this.feed.headMessages());
    connection.attachCursor(this.feed.log, { position: this.feed.startPosition });
  }

  /** The server did not read for several GOPs. */
  onCursorLate(): void {
    this.client.fail('did not read what was published');
  }

  /** Ends as ffmpeg does: unpublish, delete the stream, close. */
  unpublish(): void {
    const { connection, isClosed } = this.client;
    if (isClosed) return;
    connection.detachCursor();
    connection.write(command(0, 'deleteStream', NO_ANSWER, null, RTMP_LOG_STREAM_ID));
    connection.end();
  }

  /** Ends without a word, as a killed process does. */
  drop(): void {
    this.client.connection.close();
  }
}
