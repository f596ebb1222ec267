import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { readAmf0 } from './reader.ts';
import { Amf0EcmaArray } from './value.ts';
import { writeAmf0 } from './writer.ts';

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'amf0/reader',
    corpus: () => [
      writeAmf0('connect', 1, { app: 'live', tcUrl: 'rtmp://host/live', fpad: false, audio: 4071 }),
      writeAmf0('@setDataFrame', 'onMetaData', new Amf0EcmaArray({ width: 1920, encoder: 'x' })),
      writeAmf0('a', null, undefined, [1, [2, [3, { b: [true] }]]], new Date(0)),
    ],
    run: (input) => void readAmf0(input, 0, input.length),
  },
];
