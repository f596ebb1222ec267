import type { Logger } from 'pino';
import type { Connection, ConnectionHandler } from '../engine/engine.ts';
import { streamName, type StreamName } from '../media/stream-name.ts';
import type { HttpExchange } from '../protocols/http/exchange.ts';
import type { MediaHandler, MediaPath, MediaRoute } from '../protocols/http/media-route.ts';
import type { Stream } from '../stream/stream.ts';
import type { ViewerCloseReason } from '../stream/viewer.ts';

/** What the route needs of the cluster. */
export interface RelayAccess {
  viewForRelay(name: StreamName, epoch: number): Promise<Stream>;
}

const HEADERS = 'Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n';

/**
 * Serves other workers: `GET /relay/APP/NAME?from=SEQUENCE&epoch=EPOCH` on the
 * worker's own port. The body is the stream's relay log from there on.
 */
export class RelayRoute implements MediaRoute {
  readonly name = 'relay';
  private readonly access: RelayAccess;
  private readonly log: Logger;
  private readonly handler: MediaHandler = (exchange) => this.handle(exchange);

  constructor(access: RelayAccess, log: Logger) {
    this.access = access;
    this.log = log;
  }

  match({ segments, isWebSocket }: MediaPath): MediaHandler | undefined {
    const isRelay = !isWebSocket && segments.length === 3 && segments[0] === 'relay';
    return isRelay ? this.handler : undefined;
  }

  private handle(exchange: HttpExchange): void {
    const [, app = '', label = ''] = exchange.segments;
    const name = streamName(app, label);
    if (name === undefined) {
      exchange.fail('STREAM_NAME_INVALID');
      return;
    }
    if (exchange.isHead) {
      exchange.respondHeadOfStream(200, HEADERS);
      return;
    }
    const query = new URLSearchParams(exchange.query);
    this.access
      .viewForRelay(name, countOf(query.get('epoch')) ?? 0)
      .then((stream) => this.serve(exchange, stream, countOf(query.get('from'))))
      .catch((cause: unknown) => exchange.failWith(cause));
  }

  private serve(exchange: HttpExchange, stream: Stream, fromSequence: number | undefined): void {
    if (!exchange.isOpen) return;
    const session = new RelaySession(exchange.connection, stream, this.log);
    exchange.takeOver(200, `${HEADERS}Connection: close\r\n`, session);
    session.attach(fromSequence);
  }
}

/** Another worker that follows a stream of ours. */
class RelaySession implements ConnectionHandler {
  private readonly connection: Connection;
  private readonly stream: Stream;
  private readonly log: Logger;

  constructor(connection: Connection, stream: Stream, log: Logger) {
    this.connection = connection;
    this.stream = stream;
    this.log = log;
  }

  attach(fromSequence: number | undefined): void {
    const { connection, stream } = this;
    connection.discardInput(true);
    const { remoteAddress } = connection;
    const fields = { stream: stream.name.key, protocol: 'relay', remoteAddress, fromSequence };
    this.log.info(fields, 'viewer opened');
    stream.attach({
      connection,
      protocol: 'relay',
      ...(fromSequence === undefined ? {} : { fromSequence }),
      onClosed: (reason) => this.closed(reason),
    });
  }

  onData(): void {
    // A relay has nothing more to say.
  }

  onClose(): void {
    // The stream stands in front of this handler and learns it first.
  }

  private closed(reason: ViewerCloseReason): void {
    this.log.info({ stream: this.stream.name.key, protocol: 'relay', reason }, 'viewer closed');
    this.connection.end();
  }
}

function countOf(text: string | null): number | undefined {
  if (text === null || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
