import { parseByteRange } from '../../formats/http/byte-range.ts';
import type { Clock } from '../../stream/clock.ts';
import type { SegmentSpan } from '../../stream/hls-window.ts';
import type { HttpExchange } from '../http/exchange.ts';
import { LengthHeads } from '../http/length-heads.ts';
import type { HlsWindowView } from './hls-stream.ts';

export interface SegmentRequest {
  readonly sequence: number;
  /** The Range header. */
  readonly range: string | undefined;
  readonly clock: Clock;
  readonly waitMs: number;
}

/** Numbers never come again, so a segment never changes. */
const HEADERS =
  'Content-Type: video/mp2t\r\n' +
  'Cache-Control: public, max-age=31536000, immutable\r\n' +
  'Accept-Ranges: bytes\r\n';
const WHOLE = new LengthHeads(200, HEADERS);

/** A request for the next segment is held: players that ask early are right. */
export function answerSegment(
  exchange: HttpExchange,
  hls: HlsWindowView,
  request: SegmentRequest,
): void {
  const fault = hls.unavailable();
  if (fault !== undefined) {
    exchange.fail('HLS_CODEC_UNSUPPORTED', fault);
    return;
  }
  const span = hls.segment(request.sequence);
  if (span === undefined) waitForSegment(exchange, hls, request);
  else sendSegment(exchange, span, request.range);
}

function waitForSegment(exchange: HttpExchange, hls: HlsWindowView, request: SegmentRequest): void {
  const settle = (span: SegmentSpan | undefined): void => {
    timer.clear();
    cancel();
    if (span === undefined) exchange.fail('HLS_SEGMENT_GONE');
    else sendSegment(exchange, span, request.range);
  };
  const timer = request.clock.setTimer(request.waitMs, () => {
    cancel();
    exchange.fail('HLS_NOT_READY');
  });
  let cancel = (): void => undefined;
  exchange.onClientGone(() => {
    timer.clear();
    cancel();
  });
  cancel = hls.waitForSegment(request.sequence, settle);
}

function sendSegment(exchange: HttpExchange, span: SegmentSpan, header: string | undefined): void {
  const { log, position, length } = span;
  const range = header === undefined ? undefined : parseByteRange(header, length);
  if (range === 'unsatisfiable') {
    exchange.fail('HTTP_RANGE_INVALID', header, `Content-Range: bytes */${length}\r\n`);
    return;
  }
  if (range === undefined) {
    exchange.respondSpan({ heads: WHOLE, log, position, length });
    return;
  }
  const headers = `${HEADERS}Content-Range: bytes ${range.start}-${range.end - 1}/${length}\r\n`;
  exchange.respondSpan({
    heads: new LengthHeads(206, headers),
    log,
    position: position + range.start,
    length: range.end - range.start,
  });
}
