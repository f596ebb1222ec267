import type { StreamAccess } from '../../cluster/stream-access.ts';
import { realClock, type Clock } from '../../stream/clock.ts';
import type { HttpExchange } from '../http/exchange.ts';
import type { MediaHandler, MediaPath, MediaRoute } from '../http/media-route.ts';
import {
  hasSuffix,
  nameOfPath,
  sendElsewhere,
  withStream,
  type ViewAccess,
} from '../http/viewing.ts';
import { streamName, type StreamName } from '../../media/stream-name.ts';
import type { HlsStream } from './hls-stream.ts';
import { PlaylistAnswers } from './playlist.ts';
import { answerSegment } from './segment.ts';

/** HLS has no sessions: whoever is known by an earlier request goes on. */
export interface HlsAccess extends ViewAccess<HlsStream>, Pick<StreamAccess, 'elsewhere'> {
  present(name: StreamName): HlsStream | undefined;
}

export interface HlsRouteOptions {
  readonly streams: HlsAccess;
  readonly clock?: Clock;
  /** Longest time that a request is held. */
  readonly waitMs?: number;
}

const SUFFIX = '.m3u8';
/** No leading zeros: one segment has one address. */
const SEGMENT_FILE = /^(0|[1-9][0-9]{0,14})\.ts$/;
/** Below the 10 s that hls.js gives a playlist, above a segment's length. */
const DEFAULT_WAIT_MS = 8_000;
const MAX_AGENT_LENGTH = 64;

/** HLS: `GET /APP/NAME.m3u8` and its segments, `/APP/NAME/SEQUENCE.ts`. */
export class HlsRoute implements MediaRoute {
  readonly name = 'hls';
  private readonly streams: HlsAccess;
  private readonly clock: Clock;
  private readonly waitMs: number;
  private readonly playlists: PlaylistAnswers;
  private readonly playlistHandler: MediaHandler = (exchange) => this.playlist(exchange);
  private readonly segmentHandler: MediaHandler = (exchange) => this.segment(exchange);

  constructor(options: HlsRouteOptions) {
    this.streams = options.streams;
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
    const id = playerOf(exchange);
    const answer = ({ hls }: HlsStream): void => {
      this.playlists.answer(exchange, hls, hls.players.meet(id, exchange.connection.isEncrypted));
    };
    const here = this.presentOf(name);
    const isKnown = here?.hls.players.knows(id) === true;
    const isSent =
      name !== undefined && sendElsewhere(this.streams, exchange, name, { id, isKnown });
    if (isKnown && !isSent) answer(here);
    else if (!isSent) withStream(this.streams, exchange, name, answer);
    if (exchange.isShed) here?.hls.players.sendAway(id);
  }

  private segment(exchange: HttpExchange): void {
    const [app = '', name = '', file = ''] = exchange.segments;
    const request = {
      sequence: Number.parseInt(file, 10),
      // Without validators If-Range never matches: send the whole.
      range: exchange.head.indexOf('if-range') < 0 ? exchange.head.header('range') : undefined,
      clock: this.clock,
      waitMs: this.waitMs,
    };
    const answer = ({ hls }: HlsStream): void => {
      hls.players.touch();
      answerSegment(exchange, hls, request);
    };
    const ofStream = streamName(app, name);
    // Whoever has a playlist gets its segments.
    const here = this.presentOf(ofStream);
    if (exchange.isShed) here?.hls.players.sendAway(playerOf(exchange));
    if (here !== undefined) answer(here);
    else withStream(this.streams, exchange, ofStream, answer);
  }

  private presentOf(name: StreamName | undefined): HlsStream | undefined {
    return name === undefined ? undefined : this.streams.present(name);
  }
}

function isSegmentPath(segments: readonly string[]): boolean {
  return segments.length === 3 && SEGMENT_FILE.test(segments[2] ?? '');
}

/** Tells players apart, roughly: HLS has no sessions. Short, since it is kept. */
function playerOf(exchange: HttpExchange): string {
  const agent = exchange.head.header('user-agent') ?? '';
  return exchange.connection.remoteAddress + agent.slice(0, MAX_AGENT_LENGTH);
}
