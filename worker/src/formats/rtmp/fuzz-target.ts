import { readFileSync } from 'node:fs';
import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { splitAggregate } from './aggregate.ts';
import { RtmpChunkReader } from './chunk-reader.ts';
import { ClientHandshake, ServerHandshake } from './handshake.ts';
import { CAPTURES, CHUNKS_AT } from './testing/captures.ts';

const PIECE_BYTES = 1400;
const sink = { onMessage: () => undefined };
const zeros = (count: number): Buffer => Buffer.alloc(count);

function inPieces(input: Buffer, take: (start: number, end: number) => void): void {
  for (let at = 0; at < input.length; at += PIECE_BYTES) {
    take(at, Math.min(input.length, at + PIECE_BYTES));
  }
}

function captured(start: number, end?: number): Buffer[] {
  return Object.values(CAPTURES).map((file) => readFileSync(file).subarray(start, end));
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'rtmp/chunk-reader',
    corpus: () => captured(CHUNKS_AT, CHUNKS_AT + 4096),
    run: (input) => {
      const reader = new RtmpChunkReader(sink);
      inPieces(input, (start, end) => reader.push(input, start, end));
    },
  },
  {
    name: 'rtmp/handshake',
    corpus: () => [
      ...captured(0, CHUNKS_AT),
      new ClientHandshake(zeros, 0).reply,
      new ClientHandshake(zeros, 1).reply,
    ],
    run: (input) => {
      const server = new ServerHandshake(zeros);
      inPieces(input, (start, end) => server.push(input, start, end));
    },
  },
  {
    name: 'rtmp/aggregate',
    corpus: () => [
      Buffer.from('090000020001f4000000001701000000000800000200020b00000000af0100000000', 'hex'),
    ],
    run: (input) => void splitAggregate(sink, 1, 0, input, 0, input.length),
  },
];
