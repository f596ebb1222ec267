import { renderMultivariant } from '../../formats/hls/multivariant.ts';
import type { Clock } from '../../stream/clock.ts';
import type { HlsPlayer } from '../../stream/hls-players.ts';
import type { HttpExchange } from '../http/exchange.ts';
import { PreparedResponse } from '../http/prepared-response.ts';
import { CORS_HEADERS } from '../http/response.ts';
import type { HlsWindowView } from './hls-stream.ts';
import { sessionCookie, withSession } from './session-id.ts';

const TYPE = 'Content-Type: application/vnd.apple.mpegurl\r\n';
const MEDIA_HEADERS = `${TYPE}Cache-Control: no-cache\r\n${CORS_HEADERS}`;
/** It is one player's own. */
const OWN_HEADERS = `${TYPE}Cache-Control: no-store\r\n`;

interface CachedAnswer {
  readonly playlist: string;
  readonly response: PreparedResponse;
}

/** Answers with playlists. The bytes of media playlists are made once a segment and
 * stream, for all players. */
export class PlaylistAnswers {
  private readonly clock: Clock;
  private readonly waitMs: number;
  private readonly cache = new WeakMap<HlsWindowView, CachedAnswer>();

  constructor(clock: Clock, waitMs: number) {
    this.clock = clock;
    this.waitMs = waitMs;
  }

  media(exchange: HttpExchange, hls: HlsWindowView, player: HlsPlayer): void {
    const playlist = hls.playlist();
    if (playlist === undefined) {
      this.wait(exchange, hls, (late) => exchange.respondPrepared(this.prepared(hls, late)));
      return;
    }
    const response = this.prepared(hls, playlist);
    const { standing } = hls;
    if (!standing.isSet) standing.set(response.bytes(false, false));
    exchange.respondPrepared(response, { answer: standing, asker: player });
  }

  /** The way to the media playlist, with the id by which the player is known. */
  multivariant(exchange: HttpExchange, hls: HlsWindowView, id: string): void {
    const answer = (): void => {
      const { segments, query, connection } = exchange;
      const uri = `${segments[1] ?? ''}?${withSession(query, id)}`;
      const cookie = sessionCookie(id, `/${segments.join('/')}`, connection.isEncrypted);
      const body = Buffer.from(renderMultivariant(hls.variant(), uri), 'latin1');
      exchange.respond(200, `${OWN_HEADERS}Set-Cookie: ${cookie}\r\n`, body);
    };
    // What it is of is known once there is a segment.
    if (hls.playlist() === undefined) this.wait(exchange, hls, answer);
    else answer();
  }

  /** For the first segment, rather than refuse: the stream is live. */
  private wait(
    exchange: HttpExchange,
    hls: HlsWindowView,
    respond: (playlist: string) => void,
  ): void {
    const settle = (playlist: string | undefined): void => {
      timer.clear();
      cancel();
      const fault = hls.unavailable();
      if (playlist !== undefined) respond(playlist);
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
    const response = new PreparedResponse(200, MEDIA_HEADERS, Buffer.from(playlist));
    this.cache.set(hls, { playlist, response });
    return response;
  }
}
