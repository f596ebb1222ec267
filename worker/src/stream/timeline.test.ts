import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameKind } from '../media/frame.ts';
import { Timeline } from './timeline.ts';

const { video, audio } = FrameKind;

function mapAll(timeline: Timeline, kind: FrameKind, times: readonly number[]): number[] {
  return times.map((time) => timeline.map(kind, time >>> 0));
}

describe('Timeline', () => {
  it.each([
    ['starts at 0', -1, [7_000, 7_040], [0, 40]],
    ['goes on one frame behind an earlier part', 960, [0, 40], [993, 1_033]],
    ['crosses 2^31', -1, [2 ** 31 - 20, 2 ** 31 + 20], [0, 40]],
    ['crosses 2^32', -1, [2 ** 32 - 20, 20], [0, 40]],
    ['holds on a small step back', -1, [0, 500, 460, 540], [0, 500, 500, 540]],
    ['goes on after a jump back', -1, [60_000, 60_040, 0, 40], [0, 40, 73, 113]],
    ['goes on after a jump forward', -1, [0, 40, 90_000, 90_040], [0, 40, 73, 113]],
    ['keeps a pause of a few seconds', -1, [0, 5_000], [0, 5_000]],
  ])('%s', (_name, last, times, expected) => {
    expect(mapAll(new Timeline(last), video, times)).toEqual(expected);
  });

  it('keeps the distance of two tracks over a jump', () => {
    const timeline = new Timeline(-1);
    mapAll(timeline, video, [0, 40, 80]);
    mapAll(timeline, audio, [10, 33, 56, 79]);
    const [picture] = mapAll(timeline, video, [500_000]);
    const [sound] = mapAll(timeline, audio, [500_013]);
    expect(sound! - picture!).toBe(13);
  });

  it('lets a track rest while the other one goes on', () => {
    const timeline = new Timeline(-1);
    mapAll(timeline, video, [0, 40]);
    const times = Array.from({ length: 1_000 }, (_, index) => index * 23);
    expect(mapAll(timeline, audio, times)).toEqual(times);
    expect(mapAll(timeline, video, [22_980])).toEqual([22_980]);
  });

  it('takes a second track that is far off once', () => {
    const timeline = new Timeline(-1);
    mapAll(timeline, video, [0, 40]);
    expect(mapAll(timeline, audio, [5_000, 5_023])).toEqual([5_000, 5_023]);
    expect(mapAll(timeline, video, [80])).toEqual([80]);
  });

  it('holds still for frames without time', () => {
    const timeline = new Timeline(-1);
    expect(timeline.hold()).toBe(0);
    mapAll(timeline, video, [5, 45]);
    expect(timeline.hold()).toBe(40);
  });

  it('keeps differences, wherever in 32 bits a session starts', () => {
    const starts = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 2 ** 31 - 5_000, max: 2 ** 31 + 5_000 }),
      fc.integer({ min: 2 ** 32 - 5_000, max: 2 ** 32 - 1 }),
    );
    const steps = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(starts, steps, (start, deltas) => {
        const timeline = new Timeline(-1);
        let at = start;
        let expected = 0;
        expect(timeline.map(video, at)).toBe(0);
        for (const delta of deltas) {
          at += delta;
          expected += delta;
          expect(timeline.map(video, at >>> 0)).toBe(expected);
        }
      }),
    );
  });

  it('never goes back within a track, whatever comes', () => {
    const frames = fc.array(
      fc.tuple(fc.constantFrom(video, audio), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      { maxLength: 100 },
    );
    const sessions = fc.array(frames, { maxLength: 4 });
    fc.assert(
      fc.property(sessions, (all) => {
        const timeline = new Timeline(-1);
        const last = new Map<FrameKind, number>();
        for (const session of all) {
          timeline.startSession();
          for (const [kind, time] of session) {
            const dtsMs = timeline.map(kind, time);
            expect(dtsMs).toBeGreaterThanOrEqual(last.get(kind) ?? 0);
            last.set(kind, dtsMs);
          }
        }
      }),
    );
  });
});
