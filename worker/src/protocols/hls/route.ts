import type { Visit } from '../../access/visit.ts';
import type { StreamAccess } from '../../cluster/stream-access.ts';
import type { StreamName } from '../../media/stream-name.ts';
import { streamName } from '../../media/stream-name.ts';
import { newSessionId } from '../../sessions/session.ts';
import type { SegmentKeys } from '../../sessions/segment-keys.ts';
import type { Entry, Visitors } from '../../sessions/visitors.ts';
import { realClock, type Clock } from '../../stream/clock.ts';
import type { HlsPlayer } from '../../stream/hls-players.ts';
import type { HttpExchange } from '../http/exchange.ts';
import type { MediaHandler, MediaPath, MediaRoute } from '../http/media-route.ts';
import {
  hasSuffix,
  nameOfPath,
  sendElsewhere,
  withStream,
  type ViewAccess,
} from '../http/viewing.ts';
import { admitted, admittedAgain, visitOf } from '../http/visit.ts';
import type { HlsStream, HlsWindowView } from './hls-stream.ts';
import { PlaylistAnswers } from './playlist.ts';
import { answerSegment, type SegmentRequest } from './segment.ts';
import { HlsSession } from './session.ts';
import { sessionOf, sessionOfCookie, withoutSession } from './session-id.ts';

/** Whoever is known by an earlier request goes on. */
interface HlsAccess extends ViewAccess<HlsStream>, Pick<StreamAccess, 'elsewhere'> {
  present(name: StreamName): HlsStream | undefined;
}

export interface HlsRouteOptions {
  readonly streams: HlsAccess;
  readonly visitors: Visitors;
  readonly segmentKeys: Pick<SegmentKeys, 'fits'>;
  readonly clock?: Clock;
  /** Longest time that a request is held. */
  readonly waitMs?: number;
}

const SUFFIX = '.m3u8';
/** No leading zeros: one segment has one address. */
const SEGMENT_FILE = /^(0|[1-9][0-9]{0,14})\.ts$/;
/** Below the 10 s that hls.js gives a playlist, above a segment's length. */
const DEFAULT_WAIT_MS = 8_000;

/**
 * HLS. `GET /APP/NAME.m3u8` draws an id and says where to go on with it: the same address
 * with `session=ID`, which gives the media playlist. Segments are
 * `/APP/NAME/SEQUENCE.ts`, or `/APP/NAME/KEY/SEQUENCE.ts` where not everybody may play.
 */
export class HlsRoute implements MediaRoute {
  readonly name = 'hls';
  private readonly options: HlsRouteOptions;
  private readonly clock: Clock;
  private readonly waitMs: number;
  private readonly playlists: PlaylistAnswers;
  private readonly playlistHandler: MediaHandler = (exchange) => this.playlist(exchange);
  private readonly segmentHandler: MediaHandler = (exchange) => this.segment(exchange);

  constructor(options: HlsRouteOptions) {
    this.options = options;
    this.clock = options.clock ?? realClock;
    this.waitMs = options.waitMs ?? DEFAULT_WAIT_MS;
    this.playlists = new PlaylistAnswers(this.clock, this.waitMs);
  }

  match({ segments }: MediaPath): MediaHandler | undefined {
    if (hasSuffix(segments, SUFFIX)) return this.playlistHandler;
    return isSegmentPath(segments) ? this.segmentHandler : undefined;
  }

  private playlist(exchange: HttpExchange): void {
    const name = nameOfPath(exchange.segments, SUFFIX);
    if (name === undefined) {
      exchange.fail('STREAM_NAME_INVALID');
      return;
    }
    const id = sessionOf(exchange.query);
    if (id === undefined) this.first(exchange, name);
    else this.again(exchange, name, id);
  }

  /** Nobody counts yet: who has the address may never come with it. Whoever does is
   * asked again who he is, but neither sent elsewhere nor refused for want of room. */
  private first(exchange: HttpExchange, name: StreamName): void {
    const { streams } = this.options;
    const before = sessionOfCookie(exchange.head.header('cookie') ?? '');
    const id = before ?? newSessionId();
    const here = streams.present(name);
    const isKnown = here?.hls.players.find(id) !== undefined;
    if (sendElsewhere(streams, exchange, name, { id: before, isKnown })) return;
    if (here !== undefined && isKnown) {
      this.answerFirst(exchange, here.hls, id);
      return;
    }
    admitted(this.options.visitors, exchange, this.visitOf(exchange, name), () => {
      withStream(streams, exchange, name, ({ hls }) => {
        hls.players.invite(id, exchange.connection.isEncrypted);
        this.answerFirst(exchange, hls, id);
      });
    });
  }

  private answerFirst(exchange: HttpExchange, hls: HlsWindowView, id: string): void {
    const fault = hls.unavailable();
    if (fault === undefined) this.playlists.multivariant(exchange, hls, id);
    else exchange.fail('HLS_CODEC_UNSUPPORTED', fault);
  }

  private again(exchange: HttpExchange, name: StreamName, id: string): void {
    const { streams } = this.options;
    const here = streams.present(name);
    const player = here?.hls.players.find(id);
    const isKnown = player !== undefined;
    const isSent = sendElsewhere(streams, exchange, name, { id, isKnown });
    const isHis = player !== undefined && isOf(player, exchange);
    if (!isSent && here !== undefined && isHis) {
      here.hls.players.meet(player);
      this.answer(exchange, here.hls, player);
    } else if (!isSent) this.begin(exchange, name, id);
    if (exchange.isShed) player?.sendAway();
  }

  /** Its first time here: another worker had it, it was silent for long, or was expelled. Or
   * it comes with the id of one who is here: himself perhaps, in another network. */
  private begin(exchange: HttpExchange, name: StreamName, id: string): void {
    const { streams } = this.options;
    const counts = streams.present(name)?.hls.players.find(id)?.hasBegun === true;
    const letIn = counts ? admittedAgain : admitted;
    letIn(this.options.visitors, exchange, this.visitOf(exchange, name), (entry) => {
      const here = streams.present(name);
      const isInvited = here?.hls.players.find(id) !== undefined;
      const play = ({ hls }: HlsStream): void => this.play(exchange, hls, id, entry);
      if (here !== undefined && isInvited) play(here);
      else withStream(streams, exchange, name, play);
    });
  }

  private play(exchange: HttpExchange, hls: HlsWindowView, id: string, entry: Entry): void {
    const { players } = hls;
    const player = players.find(id) ?? players.invite(id, exchange.connection.isEncrypted);
    if (player === undefined) {
      exchange.fail('WORKER_OVERLOADED', 'players of one stream');
      return;
    }
    if (player.hasBegun) players.meet(player);
    else if (hls.unavailable() === undefined) HlsSession.begin(hls, player, entry);
    this.answer(exchange, hls, player);
  }

  private answer(exchange: HttpExchange, hls: HlsWindowView, player: HlsPlayer): void {
    const fault = hls.unavailable();
    if (fault === undefined) this.playlists.media(exchange, hls, player);
    else exchange.fail('HLS_CODEC_UNSUPPORTED', fault);
  }

  /** The id is ours: callbacks are asked once, and not for each player anew. */
  private visitOf(exchange: HttpExchange, name: StreamName): Visit {
    return visitOf(exchange, name, 'hls', withoutSession(exchange.query));
  }

  private segment(exchange: HttpExchange): void {
    const { streams, segmentKeys } = this.options;
    const { segments, asker } = exchange;
    const [app = '', ofApp = ''] = segments;
    const name = streamName(app, ofApp);
    if (name === undefined) {
      exchange.fail('STREAM_NAME_INVALID');
      return;
    }
    const request = this.segmentRequest(exchange);
    if (!segmentKeys.fits(name, request.sequence, keyIn(segments))) {
      exchange.fail('ACCESS_SEGMENT_KEY');
      return;
    }
    const answer = ({ hls }: HlsStream): void => {
      hls.players.touch();
      answerSegment(exchange, hls, request);
    };
    if (exchange.isShed) asker?.sendAway();
    else asker?.touch();
    // Whoever has a playlist gets its segments.
    const here = streams.present(name);
    if (here !== undefined) answer(here);
    else withStream(streams, exchange, name, answer);
  }

  private segmentRequest({ segments, head }: HttpExchange): SegmentRequest {
    return {
      sequence: Number.parseInt(segments.at(-1) ?? '', 10),
      // Without validators If-Range never matches: send the whole.
      range: head.indexOf('if-range') < 0 ? head.header('range') : undefined,
      clock: this.clock,
      waitMs: this.waitMs,
    };
  }
}

/** A player whose session is that of whoever asks. */
function isOf(player: HlsPlayer, exchange: HttpExchange): boolean {
  return HlsSession.of(player)?.isOf(exchange, withoutSession(exchange.query)) === true;
}

/** In front of the file; empty: none. */
function keyIn(segments: readonly string[]): string {
  return segments.length === 3 ? '' : (segments[2] ?? '');
}

function isSegmentPath(segments: readonly string[]): boolean {
  const { length } = segments;
  return (length === 3 || length === 4) && SEGMENT_FILE.test(segments[length - 1] ?? '');
}
