import type { StreamAccess } from '../../cluster/stream-access.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { Entry, Visitors } from '../../sessions/visitors.ts';
import type { Stream } from '../../stream/stream.ts';
import type { HttpExchange } from '../http/exchange.ts';
import type { MediaHandler, MediaPath, MediaRoute } from '../http/media-route.ts';
import { admitted, visitOf } from '../http/visit.ts';
import {
  hasSuffix,
  nameOfPath,
  sendElsewhere,
  withStream,
  type ViewAccess,
} from '../http/viewing.ts';
import { FlvSession } from './session.ts';

type FlvAccess = ViewAccess<Pick<Stream, 'attach' | 'state'>> & Pick<StreamAccess, 'elsewhere'>;

export interface FlvRouteOptions {
  readonly streams: FlvAccess;
  readonly visitors: Visitors;
}

const SUFFIX = '.flv';
/** The body ends with the connection: nobody knows its length. */
const HEADERS = 'Content-Type: video/x-flv\r\nCache-Control: no-store\r\n';

/** HTTP-FLV: `GET /APP/NAME.flv`. */
export class FlvRoute implements MediaRoute {
  readonly name = 'flv';
  private readonly options: FlvRouteOptions;
  private readonly handler: MediaHandler = (exchange) => this.handle(exchange);

  constructor(options: FlvRouteOptions) {
    this.options = options;
  }

  match({ segments, isWebSocket }: MediaPath): MediaHandler | undefined {
    return !isWebSocket && hasSuffix(segments, SUFFIX) ? this.handler : undefined;
  }

  private handle(exchange: HttpExchange): void {
    const { streams, visitors } = this.options;
    const name = nameOfPath(exchange.segments, SUFFIX);
    if (name === undefined) {
      exchange.fail('STREAM_NAME_INVALID');
      return;
    }
    if (sendElsewhere(streams, exchange, name)) return;
    admitted(visitors, exchange, visitOf(exchange, name, 'flv'), (entry) => {
      this.play(exchange, name, entry);
    });
  }

  private play(exchange: HttpExchange, name: StreamName, entry: Entry): void {
    withStream(this.options.streams, exchange, name, (stream) => {
      // It lingers for HLS players only.
      if (stream.state === 'ended') {
        exchange.fail('STREAM_NOT_FOUND', name.key);
        return;
      }
      if (exchange.isHead) {
        exchange.respondHeadOfStream(200, HEADERS);
        return;
      }
      const session = new FlvSession(exchange.connection, entry);
      exchange.takeOver(200, `${HEADERS}Connection: close\r\n`, session);
      session.attach(stream);
    });
  }
}
