import type { HttpExchange } from './exchange.ts';

/** Where a request goes, decoded and checked. */
export interface MediaPath {
  readonly segments: readonly string[];
  /** The request asks for an upgrade to WebSocket. */
  readonly isWebSocket: boolean;
}

/**
 * Answers a GET or HEAD request, now or later: exactly one of the exchange's
 * answering methods must be called, unless the connection closes before.
 * `exchange.header()` is only valid during the call.
 */
export type MediaHandler = (exchange: HttpExchange) => void;

/** A kind of request that the engine's port answers by itself. */
export interface MediaRoute {
  /** For logs: `flv`, `hls` ... */
  readonly name: string;
  /** Undefined when the path is not this route's. The same path gets the same handler:
   * it is not asked for every request. */
  match(path: MediaPath): MediaHandler | undefined;
}
