import type { Logger } from 'pino';
import type { Connection, ConnectionHandler } from '../engine/engine.ts';
import { streamName } from '../media/stream-name.ts';
import type { HttpExchange } from '../protocols/http/exchange.ts';
import type { MediaHandler, MediaPath, MediaRoute } from '../protocols/http/media-route.ts';
import type { ViewerCloseReason } from '../stream/viewer.ts';
import type { RelayQuery } from './relay-door.ts';
import { RelayFullError, type RelaySeat } from './relay-guests.ts';
import { parseRelayQuery } from './relay-query.ts';

/** What the route needs of the cluster. */
export interface RelayAccess {
  /** See RelayDoor. */
  seat(query: RelayQuery): Promise<RelaySeat>;
}

const HEADERS = 'Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n';

/**
 * Serves other workers on the worker's own port:
 * `GET /relay/APP/NAME?worker=WHO&epoch=EPOCH&from=SEQUENCE`, and `server` or
 * `sent` (see RelayQuery). The body is the stream's relay log from there on. Who
 * comes when there are too many gets `Relay-Full: WORKER`, one to be asked instead.
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
    const query = name === undefined ? undefined : parseRelayQuery(name, exchange.query);
    if (name === undefined) exchange.fail('STREAM_NAME_INVALID');
    else if (exchange.isHead) exchange.respondHeadOfStream(200, HEADERS);
    else if (query === undefined) exchange.fail('HTTP_REQUEST_INVALID', 'no worker is named');
    else {
      this.access
        .seat(query)
        .then((seat) => this.serve(exchange, seat, query.fromSequence))
        .catch((cause: unknown) => refuse(exchange, cause));
    }
  }

  private serve(exchange: HttpExchange, seat: RelaySeat, fromSequence: number | undefined): void {
    if (!exchange.isOpen) {
      seat.giveUp();
      return;
    }
    const session = new RelaySession(exchange.connection, seat, this.log);
    exchange.takeOver(200, `${HEADERS}Connection: close\r\n`, session);
    session.attach(fromSequence);
  }
}

function refuse(exchange: HttpExchange, cause: unknown): void {
  if (cause instanceof RelayFullError) {
    exchange.fail(cause.code, undefined, `Relay-Full: ${cause.tryWorker ?? ''}\r\n`);
  } else {
    exchange.failWith(cause);
  }
}

/** Another worker that follows a stream of ours. */
class RelaySession implements ConnectionHandler {
  private readonly connection: Connection;
  private readonly seat: RelaySeat;
  private readonly log: Logger;

  constructor(connection: Connection, seat: RelaySeat, log: Logger) {
    this.connection = connection;
    this.seat = seat;
    this.log = log;
  }

  attach(fromSequence: number | undefined): void {
    const { connection, seat } = this;
    connection.discardInput(true);
    const { remoteAddress } = connection;
    const { key: stream } = seat.stream.name;
    this.log.info({ stream, protocol: 'relay', remoteAddress, fromSequence }, 'viewer opened');
    seat.attach({
      connection,
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
    const { key: stream } = this.seat.stream.name;
    this.log.info({ stream, protocol: 'relay', reason }, 'viewer closed');
    this.connection.end();
  }
}
