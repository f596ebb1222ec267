import type { Logger } from 'pino';
import { acceptKey, handshakeFault } from '../../formats/websocket/handshake.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { Entry, Visitors } from '../../sessions/visitors.ts';
import type { Stream } from '../../stream/stream.ts';
import type { HttpExchange } from '../http/exchange.ts';
import type { MediaHandler, MediaPath, MediaRoute } from '../http/media-route.ts';
import type { RefusalCounters } from '../http/context.ts';
import { admitted, visitOf } from '../http/visit.ts';
import { hasSuffix, nameOfPath, withStream, type ViewAccess } from '../http/viewing.ts';
import { WsFlvSession } from './session.ts';

export interface WsFlvRouteOptions {
  readonly streams: ViewAccess<Pick<Stream, 'attach' | 'state'>>;
  readonly visitors: Visitors;
  readonly log: Logger;
  readonly counters: RefusalCounters;
}

const SUFFIX = '.flv';

/** WebSocket-FLV: an upgrade at `/APP/NAME.flv` (RFC 6455). Extensions and
 * subprotocols are not negotiated. */
export class WsFlvRoute implements MediaRoute {
  readonly name = 'ws-flv';
  private readonly options: WsFlvRouteOptions;
  private readonly handler: MediaHandler = (exchange) => this.handle(exchange);

  constructor(options: WsFlvRouteOptions) {
    this.options = options;
  }

  match({ segments, isWebSocket }: MediaPath): MediaHandler | undefined {
    return isWebSocket && hasSuffix(segments, SUFFIX) ? this.handler : undefined;
  }

  private handle(exchange: HttpExchange): void {
    const fault = handshakeFault(exchange.head);
    if (fault === 'websocket-version') {
      exchange.fail('WEBSOCKET_VERSION_UNSUPPORTED');
      return;
    }
    if (fault !== undefined) {
      exchange.fail('WEBSOCKET_HANDSHAKE_INVALID', fault);
      return;
    }
    const name = nameOfPath(exchange.segments, SUFFIX);
    if (name === undefined) {
      exchange.fail('STREAM_NAME_INVALID');
      return;
    }
    const accept = acceptKey(exchange.head.list('sec-websocket-key'));
    admitted(this.options.visitors, exchange, visitOf(exchange, name, 'ws-flv'), (entry) => {
      this.play(exchange, { name, entry, accept });
    });
  }

  private play(exchange: HttpExchange, { name, entry, accept }: Play): void {
    withStream(this.options.streams, exchange, name, (stream) => {
      // It lingers for HLS players only.
      if (stream.state === 'ended') {
        exchange.fail('STREAM_NOT_FOUND', name.key);
        return;
      }
      const { log, counters } = this.options;
      const session = new WsFlvSession({ connection: exchange.connection, entry, log, counters });
      exchange.takeOver(
        101,
        `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`,
        session,
      );
      session.attach(stream);
    });
  }
}

interface Play {
  readonly name: StreamName;
  readonly entry: Entry;
  /** Sec-WebSocket-Accept. */
  readonly accept: string;
}
