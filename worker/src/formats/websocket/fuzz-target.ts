import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { WsFrameReader } from './frame-reader.ts';

const PIECE_BYTES = 7;

function read(input: Buffer, masked: boolean): void {
  const sink = { onFrame: () => undefined };
  const reader = new WsFrameReader(sink, { masked, maxPayloadBytes: 65_536 });
  for (let at = 0; at < input.length; at += PIECE_BYTES) {
    reader.push(input, at, Math.min(input.length, at + PIECE_BYTES));
  }
}

const CORPUS = [
  '818537fa213d7f9f4d5158',
  '018137fa213d56898137fa213d47808137fa213d55',
  '82fe007e000000000102030405',
  '888237fa213d34128980000000008a8000000000',
];

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'websocket/client-frames',
    corpus: () => CORPUS.map((text) => Buffer.from(text, 'hex')),
    run: (input) => read(input, true),
  },
  {
    name: 'websocket/server-frames',
    corpus: () => [Buffer.from('810548656c6c6f827e007e0102', 'hex')],
    run: (input) => read(input, false),
  },
];
