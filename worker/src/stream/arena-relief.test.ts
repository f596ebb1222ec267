import { describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { relieveArena, type Relievable } from './arena-relief.ts';
import { avcConfig, show } from './testing/frames.ts';
import { Rig } from './testing/rig.ts';

const MIB = 1024 * 1024;

/** Streams of so many seconds each, which fill a cap of 100. */
function relieved(seconds: readonly number[]): number[] {
  const streams = seconds.map((kept) => ({
    keptMs: kept * 1_000,
    keepAtMost(keptMs: number) {
      this.keptMs = Math.min(this.keptMs, keptMs);
    },
  })) satisfies Relievable[];
  const engine = {
    arenaCapBytes: 100,
    get arenaUsedBytes() {
      return streams.reduce((sum, { keptMs }) => sum + keptMs / 1_000, 0);
    },
  };
  relieveArena(engine, streams);
  return streams.map(({ keptMs }) => keptMs / 1_000);
}

describe('a full arena', () => {
  it.each([
    ['has room', [20, 20, 20], [20, 20, 20]],
    ['gives up the oldest first', [50, 20, 20], [39, 20, 20]],
    ['then those of all', [30, 30, 30], [26, 26, 27]],
    ['keeps the newest of each', [0, 0, 90], [0, 0, 79]],
  ])('%s', (_, before, after) => {
    expect(relieved(before)).toEqual(after);
  });

  it('gives up what it can', () => {
    const streams = [{ keptMs: 0, keepAtMost: () => undefined }];
    expect(relieveArena({ arenaCapBytes: 100, arenaUsedBytes: 99 }, streams)).toBe(true);
  });
});

it('shortens windows before frames are dropped or anybody is refused', () => {
  const rig = new Rig({ arenaBytes: 3 * MIB });
  const streams = ['a', 'b', 'c'].map((name) => rig.registry.open(streamName('live', name)!));
  const sources = streams.map((stream) => stream.publish());
  for (const source of sources) source.append(avcConfig());
  for (let fromMs = 0; fromMs < 40_000; fromMs += 1_000) {
    for (const frame of show({
      fromMs,
      toMs: fromMs + 1_000,
      pictureBytes: 5_000,
      hasAudio: false,
    })) {
      for (const source of sources) source.append(frame);
      rig.clock.advance(40);
    }
  }
  expect(rig.registry.reliefsTotal).toBeGreaterThan(0);
  expect(rig.registry.slowViewers.droppedFramesTotal).toBe(0);
  expect(rig.engine.arenaUsedBytes).toBeLessThan(0.9 * 3 * MIB);
  for (const { keptMs, hls } of streams) {
    expect(keptMs).toBeLessThan(12_000);
    expect(hls.playlist()).toContain('#EXTINF');
  }
});
