import { describe, expect, it } from 'vitest';
import type { Frame } from '../media/frame.ts';
import { Health, type HealthWarning } from './health.ts';
import { metadata, picture, show, type ShowOptions } from './testing/frames.ts';

const WRAP = 2 ** 32;

/** A publisher and the clock, which goes on with its timestamps unless told otherwise. */
class Source {
  nowMs = 1_000;
  readonly health = new Health(this.nowMs);

  send(options: ShowOptions, { speed = 1, shiftMs = 0 } = {}): this {
    const beganMs = this.nowMs;
    for (const frame of show(options)) {
      this.nowMs = beganMs + (frame.dtsMs - options.fromMs) / speed;
      this.give(frame, (frame.dtsMs + shiftMs + WRAP) % WRAP);
    }
    return this;
  }

  give(frame: Frame, dtsMs = frame.dtsMs): void {
    frame.dtsMs = dtsMs;
    this.health.note(frame, this.nowMs);
  }

  get codes(): string[] {
    return this.health.warnings(this.nowMs).map(({ code }) => code);
  }

  warning(code: string): HealthWarning | undefined {
    return this.health.warnings(this.nowMs).find((one) => one.code === code);
  }
}

describe('Health', () => {
  it('finds nothing wrong with 25 pictures a second and a key frame every two', () => {
    const source = new Source().send({ fromMs: 0, toMs: 20_000 });
    expect(source.codes).toEqual([]);
    const facts = source.health.facts(source.nowMs);
    expect(facts.framesPerSecond).toBeCloseTo(25, 1);
    expect(facts).toMatchObject({ keyIntervalMs: 2_000, gaps: 0, stepsBack: 0, silentMs: 0 });
    expect(Math.abs(facts.driftMs)).toBeLessThan(50);
    expect(facts.pace).toBeCloseTo(1, 1);
  });

  it('nor where the clock of 32 bits begins anew', () => {
    const source = new Source().send({ fromMs: 0, toMs: 20_000 }, { shiftMs: -10_000 });
    expect(source.codes).toEqual([]);
    expect(source.health.facts(source.nowMs).framesPerSecond).toBeCloseTo(25, 1);
  });

  it('warns of rare key frames, also while one is overdue', () => {
    const rare = new Source().send({ fromMs: 0, toMs: 25_000, gopMs: 10_000 });
    expect(rare.warning('KEY_FRAMES_RARE')?.message).toBe(
      'key frame every 10 s: viewers start late',
    );
    const once = new Source().send({ fromMs: 0, toMs: 8_000, gopMs: 60_000 });
    expect(once.warning('KEY_FRAMES_RARE')?.message).toMatch(/every 8\.0 s/);
    const never = new Source();
    for (let ms = 0; ms < 8_000; ms += 40) never.give(picture(ms, false));
    expect(never.codes).toContain('KEY_FRAMES_RARE');
  });

  it('warns of few pictures', () => {
    const source = new Source();
    for (let ms = 0; ms < 8_000; ms += 200) {
      source.nowMs += 200;
      source.give(picture(ms, ms % 2_000 === 0));
    }
    expect(source.warning('FRAME_RATE_LOW')?.message).toMatch(/^5\.0 pictures/);
  });

  it('warns of audio and video that are apart', () => {
    const source = new Source();
    for (const frame of show({ fromMs: 0, toMs: 10_000 })) {
      source.nowMs = frame.dtsMs;
      source.give(frame, frame.kind === 9 ? frame.dtsMs : frame.dtsMs + 800);
    }
    expect(source.warning('AUDIO_VIDEO_APART')?.message).toMatch(/^audio is 0\.8 s ahead of video/);
    // Audio that stops falls behind.
    const silent = new Source()
      .send({ fromMs: 0, toMs: 4_000 })
      .send({ fromMs: 4_000, toMs: 8_000, hasAudio: false });
    expect(silent.warning('AUDIO_VIDEO_APART')?.message).toMatch(/^video is/);
  });

  it('warns of what arrives slower than it is to be shown, and of nothing at all', () => {
    const slow = new Source().send({ fromMs: 0, toMs: 12_000 }, { speed: 0.8 });
    expect(slow.warning('ARRIVES_SLOWLY')?.message).toMatch(/^arrives at 80 %/);
    const gone = new Source().send({ fromMs: 0, toMs: 4_000 });
    gone.nowMs += 3_000;
    expect(gone.warning('SILENT')?.message).toBe('nothing for 3.0 s');
    const alone = new Source().send({ fromMs: 0, toMs: 12_000, hasVideo: false });
    expect(alone.codes).toEqual([]);
    expect(alone.health.facts(alone.nowMs)).toMatchObject({ framesPerSecond: 0, driftMs: 0 });
  });

  it('counts jumps and steps back, and warns for a minute', () => {
    const source = new Source().send({ fromMs: 0, toMs: 4_000 });
    source.send({ fromMs: 9_000, toMs: 10_000, hasAudio: false });
    expect(source.health.facts(source.nowMs)).toMatchObject({ gaps: 1, stepsBack: 0 });
    source.give(picture(9_500, false));
    expect(source.codes).toEqual(
      expect.arrayContaining(['TIMESTAMPS_JUMP', 'TIMESTAMPS_GO_BACK']) as string[],
    );
    source.nowMs += 61_000;
    source.give(metadata());
    expect(source.codes).not.toContain('TIMESTAMPS_JUMP');
    expect(source.health.facts(source.nowMs)).toMatchObject({ gaps: 1, stepsBack: 1 });
  });
});
