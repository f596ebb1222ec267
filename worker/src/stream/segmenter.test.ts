import { describe, expect, it } from 'vitest';
import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { CONFIGURATIONS } from '../media/testing/configurations.ts';
import type { Frame } from '../media/frame.ts';
import { Segmenter } from './segmenter.ts';
import { aacConfig, avcConfig, picture, show, sound } from './testing/frames.ts';
import { TrackHistory } from './tracks.ts';

function cut(
  frames: Iterable<Frame>,
  options: { segmentSeconds?: number; isContinued?: boolean; target?: number } = {},
): SegmentMark[] {
  const tracks = new TrackHistory();
  const segmenter = new Segmenter({
    tracks,
    segmentSeconds: () => options.segmentSeconds ?? 2,
    nextMarkSequence: 100,
    discontinuitySequence: 4,
    targetDurationSeconds: options.target ?? 0,
    isContinued: options.isContinued ?? false,
  });
  segmenter.wallClockBaseMs = 1_000_000;
  const marks: SegmentMark[] = [];
  let sequence = 0;
  for (const frame of frames) {
    if (tracks.note(frame, sequence)) segmenter.configurationChanged();
    const mark = segmenter.onFrame(frame, sequence, frame.dtsMs);
    if (mark !== undefined) marks.push(mark);
    sequence += 1;
  }
  return marks;
}

function* withConfigs(frames: Iterable<Frame>): Generator<Frame> {
  yield avcConfig();
  yield aacConfig();
  yield* frames;
}

const times = (marks: readonly SegmentMark[]): number[] => marks.map(({ dtsMs }) => dtsMs);

describe('Segmenter', () => {
  it('cuts at key frames, and fixes the target with the first segment', () => {
    const marks = cut(withConfigs(show({ fromMs: 0, toMs: 6_100 })));
    expect(times(marks)).toEqual([0, 2_000, 4_000, 6_000]);
    expect(marks.map((mark) => mark.targetDurationSeconds)).toEqual([0, 2, 2, 2]);
    expect(marks.map((mark) => mark.sequence)).toEqual([100, 101, 102, 103]);
    expect(marks[1]).toMatchObject({
      wallClockUnixMs: 1_002_000,
      discontinuity: false,
      discontinuitySequence: 4,
      independent: true,
    });
    expect(marks[0]!.frameSequence).toBe(2);
    expect(marks[1]!.counters).not.toEqual(marks[0]!.counters);
  });

  it('takes several short GOPs into one segment', () => {
    expect(times(cut(withConfigs(show({ fromMs: 0, toMs: 5_100, gopMs: 800 }))))).toEqual([
      0, 2_400, 4_800,
    ]);
  });

  it('takes the first GOP for the target where it is longer', () => {
    const marks = cut(withConfigs(show({ fromMs: 0, toMs: 13_000, gopMs: 6_000 })));
    expect(times(marks)).toEqual([0, 6_000, 12_000]);
    expect(marks.at(-1)!.targetDurationSeconds).toBe(6);
  });

  it('cuts later segments at the target, key frame or not, and comes back to key frames', () => {
    const long = [...show({ fromMs: 2_000, toMs: 7_000, gopMs: 5_000 })];
    const after = [...show({ fromMs: 7_000, toMs: 11_100 })];
    const marks = cut(withConfigs([...show({ fromMs: 0, toMs: 2_000 }), ...long, ...after]));
    expect(marks.map(({ independent }) => independent)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      true,
    ]);
    const at = times(marks);
    const lengths = at.slice(1).map((ms, index) => ms - at[index]!);
    expect(Math.max(...lengths.map((ms) => Math.round(ms / 1_000)))).toBeLessThanOrEqual(2);
    expect(at.slice(-3)).toEqual([7_000, 9_000, 11_000]);
  });

  it('bounds the first segment where no second key frame comes', () => {
    const marks = cut(withConfigs(show({ fromMs: 0, toMs: 31_000, gopMs: 100_000 })));
    expect(marks[1]!.dtsMs).toBeLessThan(10_500);
    expect(marks[1]!.targetDurationSeconds).toBe(11);
    expect(marks.length).toBeGreaterThanOrEqual(3);
  });

  it('cuts sound alone anywhere, once it is clear that it is alone', () => {
    const marks = cut([aacConfig(), ...show({ fromMs: 0, toMs: 5_000, hasVideo: false })]);
    expect(marks).toHaveLength(3);
    expect(marks[0]!.dtsMs).toBeGreaterThanOrEqual(500);
    expect(marks.every(({ independent }) => independent)).toBe(true);
  });

  it('marks a changed configuration at the next key frame', () => {
    const marks = cut([
      ...withConfigs(show({ fromMs: 0, toMs: 2_800 })),
      avcConfig(CONFIGURATIONS.h264Baseline360),
      ...show({ fromMs: 2_800, toMs: 5_000 }),
    ]);
    expect(times(marks)).toEqual([0, 2_000, 2_800, 4_800]);
    expect(marks.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true, false]);
    expect(marks.map((mark) => mark.discontinuitySequence)).toEqual([4, 4, 5, 5]);
    expect(marks[2]!.counters).toEqual({ psi: 0, video: 0, audio: 0 });
  });

  it('marks a late track', () => {
    const frames = [avcConfig(), ...show({ fromMs: 0, toMs: 1_000, hasAudio: false })];
    const marks = cut([...frames, aacConfig(), sound(1_000), picture(1_040, true)]);
    expect(marks.map(({ discontinuity }) => discontinuity)).toEqual([false, true]);
  });

  it('goes on behind an earlier part with a discontinuity and its target', () => {
    const [mark] = cut(withConfigs(show({ fromMs: 0, toMs: 100 })), {
      isContinued: true,
      target: 4,
    });
    expect(mark).toMatchObject({
      discontinuity: true,
      discontinuitySequence: 5,
      targetDurationSeconds: 4,
    });
  });
});
