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
  relieveArena(engine, streams, 6_000);
  return streams.map(({ keptMs }) => keptMs / 1_000);
}

describe('a full arena', () => {
  it.each([
    ['has room', [20, 20, 20], [20, 20, 20]],
    ['gives up the oldest first', [50, 20, 20], [39, 20, 20]],
    ['then those of all', [30, 30, 30], [26, 26, 26]],
    ['leaves those alone that keep little', [0, 5, 90], [0, 5, 74]],
    ['leaves everybody the least that players need', Array(20).fill(8), Array(20).fill(6)],
  ])('%s', (_, before, after) => {
    expect(relieved(before)).toEqual(after);
  });

  it.each([
    ['roomy', 50, 50, 'roomy'],
    ['relieved', 90, 79, 'relieved'],
    ['full when that was not enough', 90, 81, 'full'],
  ])('is %s', (_, before, after, state) => {
    const engine = { arenaCapBytes: 100, arenaUsedBytes: before };
    const keepAtMost = (): void => void (engine.arenaUsedBytes = after);
    expect(relieveArena(engine, [{ keptMs: 7_000, keepAtMost }], 6_000)).toBe(state);
  });

  it('stays full until there is room again', () => {
    const engine = { arenaCapBytes: 100, arenaUsedBytes: 84 };
    expect(relieveArena(engine, [], 6_000, 'full')).toBe('full');
    engine.arenaUsedBytes = 79;
    expect(relieveArena(engine, [], 6_000, 'full')).toBe('roomy');
  });
});

it('shortens windows before frames are dropped or anybody is refused', () => {
  const rig = new Rig({ arenaBytes: 6 * MIB });
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
  expect(rig.engine.arenaUsedBytes).toBeLessThan(0.9 * 6 * MIB);
  expect(rig.registry.hasRoom).toBe(true);
  for (const { keptMs, hls } of streams) {
    expect(keptMs).toBeLessThan(16_000);
    expect(hls.playlist()).toContain('#EXTINF');
  }
});

it('takes no new streams when windows cannot get shorter', () => {
  const rig = new Rig({ arenaBytes: 1_080_000 });
  const source = rig.stream.publish();
  rig.play(source, { fromMs: 0, toMs: 5_000, pictureBytes: 6_000, gopMs: 500 });
  expect(rig.registry.hasRoom).toBe(false);
  expect(rig.stream.keptMs).toBeGreaterThan(3_000);
});
