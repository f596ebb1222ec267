import { emptyFrame } from '../../media/frame.ts';
import type { FuzzTarget } from '../../media/fuzz-target.ts';
import type { RelayHello } from './hello.ts';
import { RelayReader } from './reader.ts';
import type { SegmentMark } from './segment-mark.ts';
import {
  relayFrameSize,
  relayHeartbeatRecord,
  relayHelloRecord,
  relayMarkRecord,
  relayStateRecord,
  writeRelayFrame,
} from './writer.ts';

const HELLO: RelayHello = {
  stream: 'live/news',
  epoch: 3,
  incarnation: '1800000000000',
  startedUnixMs: 1_800_000_000_000,
  branches: [],
  state: 'live',
  headSequence: 1_800_000_000_900,
  fromSequence: 1_800_000_000_500,
  nearDtsMs: 12_000,
  tracks: [{ kind: 8, sequence: 1_800_000_000_001, body: 'rwASEA==' }],
  metadata: 'AgAKb25NZXRhRGF0YQ==',
};

const MARK: SegmentMark = {
  sequence: 1_800_000_000,
  frameSequence: 1_800_000_000_500,
  dtsMs: 10_000,
  wallClockUnixMs: 1_800_000_010_000,
  discontinuity: false,
  discontinuitySequence: 0,
  independent: true,
  targetDurationSeconds: 2,
  counters: { psi: 1, video: 15, audio: 3 },
};

/** One of each kind of record. */
export function sampleRecords(): Buffer[] {
  return [
    relayHelloRecord(HELLO),
    relayMarkRecord(MARK),
    frameRecord(MARK.frameSequence, 10_000, Buffer.from('1701000000', 'hex')),
    relayHeartbeatRecord(),
    frameRecord(2 ** 48 - 1, 2 ** 32 - 1, Buffer.alloc(300, 0xaf)),
    relayStateRecord('waiting'),
  ];
}

export function frameRecord(sequence: number, timestampMs: number, body: Buffer): Buffer {
  const frame = emptyFrame();
  frame.kind = 9;
  frame.body = body;
  frame.bodyEnd = body.length;
  const out = Buffer.alloc(relayFrameSize(frame));
  writeRelayFrame(out, 0, frame, sequence, timestampMs);
  return out;
}

function ignore(): void {
  // Only that it returns matters.
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'relay/reader',
    corpus: () => [Buffer.concat(sampleRecords()), ...sampleRecords()],
    run: (input) => {
      const reader = new RelayReader({
        onHello: ignore,
        onFrame: ignore,
        onMark: ignore,
        onState: ignore,
        onHeartbeat: ignore,
      });
      const half = input.length >> 1;
      reader.push(input, 0, half);
      reader.push(input, half, input.length);
    },
  },
];
