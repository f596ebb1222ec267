import type { Clock } from '../../stream/clock.ts';
import type { HttpExchange } from '../http/exchange.ts';
import { PreparedResponse } from '../http/prepared-response.ts';
import type { Asker } from '../http/repeats.ts';
import { CORS_HEADERS } from '../http/response.ts';
import type { HlsWindowView } from './hls-stream.ts';

const HEADERS = `Content-Type: application/vnd.apple.mpegurl\r\nCache-Control: no-cache\r\n${CORS_HEADERS}`;

interface CachedAnswer {
  readonly playlist: string;
  readonly response: PreparedResponse;
}

/** Answers with playlists; the bytes are made once a segment and stream. */
export class PlaylistAnswers {
  private readonly clock: Clock;
  private readonly waitMs: number;
  private readonly cache = new WeakMap<HlsWindowView, CachedAnswer>();

  constructor(clock: Clock, waitMs: number) {
    this.clock = clock;
    this.waitMs = waitMs;
  }

  /** Waits for the first segment rather than refuse: the stream is live. */
  answer(exchange: HttpExchange, hls: HlsWindowView, asker: Asker): void {
    const fault = hls.unavailable();
    if (fault !== undefined) {
      exchange.fail('HLS_CODEC_UNSUPPORTED', fault);
      return;
    }
    const playlist = hls.playlist();
    if (playlist === undefined) {
      this.wait(exchange, hls);
      return;
    }
    const response = this.prepared(hls, playlist);
    const { standing } = hls;
    if (!standing.isSet) standing.set(response.bytes(false, false));
    exchange.respondPrepared(response, { answer: standing, asker });
  }

  private wait(exchange: HttpExchange, hls: HlsWindowView): void {
    const settle = (playlist: string | undefined): void => {
      timer.clear();
      cancel();
      const fault = hls.unavailable();
      if (playlist !== undefined) exchange.respondPrepared(this.prepared(hls, playlist));
      else if (fault !== undefined) exchange.fail('HLS_CODEC_UNSUPPORTED', fault);
      else exchange.fail('HLS_NOT_READY');
    };
    const timer = this.clock.setTimer(this.waitMs, () => settle(undefined));
    let cancel = (): void => undefined;
    exchange.onClientGone(() => {
      timer.clear();
      cancel();
    });
    cancel = hls.waitForPlaylist(settle);
  }

  private prepared(hls: HlsWindowView, playlist: string): PreparedResponse {
    const cached = this.cache.get(hls);
    // The window gives the same string until there is a new segment.
    if (cached?.playlist === playlist) return cached.response;
    const response = new PreparedResponse(200, HEADERS, Buffer.from(playlist));
    this.cache.set(hls, { playlist, response });
    return response;
  }
}
