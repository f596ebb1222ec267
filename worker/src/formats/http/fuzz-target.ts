import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { BodyTracker } from './body-tracker.ts';
import { parseByteRange } from './byte-range.ts';
import { RequestParser } from './request-parser.ts';
import { parseTarget } from './target.ts';

const PIECE_BYTES = 37;

const CORPUS = [
  'GET /live/news.m3u8?token=a HTTP/1.1\r\nHost: h:8080\r\nRange: bytes=0-99\r\nAccept: */*\r\n\r\n',
  'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: x\r\n\r\n',
  'PUT http://h/a%7Eb HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcdGET / HTTP/1.1\r\nHost: h\r\n\r\n',
];

/** Reads requests with their bodies one behind the other. */
function readConnection(input: Buffer): void {
  const parser = new RequestParser();
  const body = new BodyTracker();
  for (let at = 0; at < input.length && parser.state !== 'failed' && !body.isFailed;) {
    const end = Math.min(input.length, at + PIECE_BYTES);
    at = body.isDone ? parser.push(input, at, end) : body.push(input, at, end);
    if (parser.state !== 'complete') continue;
    parseTarget(parser.head.target);
    parseByteRange(parser.head.header('range') ?? '', 100);
    body.start(parser.head);
    parser.reset();
  }
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'http/request',
    corpus: () => CORPUS.map((text) => Buffer.from(text)),
    run: readConnection,
  },
];
