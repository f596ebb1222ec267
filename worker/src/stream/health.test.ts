import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../media/frame.ts';
import { ManualClock } from './clock.ts';
import { HealthConditions, type PublisherCondition } from './health-conditions.ts';
import { HEALTH_RULES, type ConditionType } from './health-rules.ts';
import { Health, type HealthFacts } from './health.ts';
import { PublisherTotals } from './publisher-totals.ts';
import { picture, show, type ShowOptions } from './testing/frames.ts';

const WRAP = 2 ** 32;

/** A publisher and the clock, which goes on with its timestamps unless told otherwise. */
class Source {
  readonly clock = new ManualClock();
  readonly totals = new PublisherTotals();
  readonly health = new Health(this.clock.nowMs(), this.totals);
  /** As `KeyFramesRare` where one ceased to hold, `KeyFramesFrequent` where it holds again. */
  readonly changes: string[] = [];
  private readonly conditions = new HealthConditions({
    health: this.health,
    clock: this.clock,
    onChange: ({ type, holds, reason }) => this.changes.push(holds ? type : reason),
  });

  send(options: ShowOptions, { speed = 1, shiftMs = 0 } = {}): this {
    const beganMs = this.clock.nowMs();
    for (const frame of show(options)) {
      this.until(beganMs + (frame.dtsMs - options.fromMs) / speed);
      this.give(frame, (frame.dtsMs + shiftMs + WRAP) % WRAP);
    }
    this.until(beganMs + (options.toMs - options.fromMs) / speed);
    return this;
  }

  give(frame: Frame, dtsMs = frame.dtsMs): void {
    frame.dtsMs = dtsMs;
    this.health.note(frame, this.clock.nowMs());
  }

  /** As the registry does: judged all the time, whether anything comes or not. */
  until(nowMs: number): void {
    while (this.clock.nowMs() < nowMs) {
      this.clock.advance(Math.min(250, nowMs - this.clock.nowMs()));
      this.conditions.tick(this.clock.nowMs());
    }
  }

  wait(ms: number): void {
    this.until(this.clock.nowMs() + ms);
  }

  get facts(): HealthFacts {
    return this.health.facts(this.clock.nowMs());
  }

  get all(): readonly PublisherCondition[] {
    return this.conditions.report(this.clock.nowMs()).conditions;
  }

  /** Of what does not hold. */
  get reasons(): string[] {
    return this.all.filter(({ holds }) => !holds).map(({ reason }) => reason);
  }

  get(type: ConditionType): PublisherCondition | undefined {
    return this.all.find((one) => one.type === type);
  }
}

describe('Health', () => {
  it('finds nothing wrong with 25 pictures a second and a key frame every two', () => {
    const source = new Source().send({ fromMs: 0, toMs: 20_000 });
    expect(source.reasons).toEqual([]);
    expect(source.all.map(({ type }) => type)).toEqual(HEALTH_RULES.map(({ type }) => type));
    expect(source.facts.framesPerSecond).toBeCloseTo(25, 1);
    expect(source.facts).toMatchObject({ keyIntervalMs: 2_000, gaps: 0, stepsBack: 0 });
    expect(source.facts.silentMs).toBeLessThan(50);
    expect(Math.abs(source.facts.driftMs)).toBeLessThan(50);
    expect(source.facts.pace).toBeCloseTo(1, 1);
  });

  it('nor where the clock of 32 bits begins anew', () => {
    const source = new Source().send({ fromMs: 0, toMs: 20_000 }, { shiftMs: -10_000 });
    expect(source.reasons).toEqual([]);
    expect(source.facts.framesPerSecond).toBeCloseTo(25, 1);
  });

  it('warns of rare key frames, also while one is overdue', () => {
    const rare = new Source().send({ fromMs: 0, toMs: 25_000, gopMs: 10_000 });
    expect(rare.get('KeyFramesFrequent')).toMatchObject({
      ...{ holds: false, reason: 'KeyFramesRare' },
      message: 'key frame every 10 s: viewers start late',
    });
    const once = new Source().send({ fromMs: 0, toMs: 8_000, gopMs: 60_000 });
    expect(once.get('KeyFramesFrequent')?.message).toMatch(/every 8\.0 s/);
    const never = new Source();
    for (let ms = 0; ms < 8_000; ms += 40) {
      never.until(ms);
      never.give(picture(ms, false));
    }
    expect(never.reasons).toContain('KeyFramesRare');
  });

  it('warns of few pictures', () => {
    const source = new Source();
    for (let ms = 0; ms < 10_000; ms += 200) {
      source.until(ms);
      source.give(picture(ms, ms % 2_000 === 0));
    }
    expect(source.reasons).toEqual(['FrameRateLow']);
    expect(source.get('FrameRateSufficient')?.message).toMatch(/^5\.0 pictures/);
  });

  it('warns of audio and video that are apart', () => {
    const source = new Source();
    for (const frame of show({ fromMs: 0, toMs: 10_000 })) {
      source.until(frame.dtsMs);
      source.give(frame, frame.kind === 9 ? frame.dtsMs : frame.dtsMs + 800);
    }
    expect(source.get('AudioVideoTogether')).toMatchObject({ reason: 'AudioVideoApart' });
    expect(source.get('AudioVideoTogether')?.message).toMatch(/^audio is 0\.8 s ahead of video/);
    // Audio that stops falls behind.
    const silent = new Source()
      .send({ fromMs: 0, toMs: 4_000 })
      .send({ fromMs: 4_000, toMs: 10_000, hasAudio: false });
    expect(silent.get('AudioVideoTogether')?.message).toMatch(/^video is/);
  });

  it('warns of what arrives slower than it is to be shown, and of nothing at all', () => {
    const slow = new Source().send({ fromMs: 0, toMs: 12_000 }, { speed: 0.8 });
    expect(slow.reasons).toEqual(['ArrivesSlowly']);
    expect(slow.get('ArrivesInTime')?.message).toMatch(/^arrives at 80 %/);
    const gone = new Source().send({ fromMs: 0, toMs: 4_000 });
    gone.wait(3_000);
    expect(gone.get('Sending')?.message).toBe('nothing came for 3.0 s: viewers stall');
    const alone = new Source().send({ fromMs: 0, toMs: 12_000, hasVideo: false });
    expect(alone.reasons).toEqual([]);
    expect(alone.facts).toMatchObject({ framesPerSecond: 0, driftMs: 0 });
  });

  it('leaves out what does not apply, or is not known yet', () => {
    const alone = new Source().send({ fromMs: 0, toMs: 12_000, hasVideo: false });
    const ofVideo = ['KeyFramesFrequent', 'FrameRateSufficient', 'AudioVideoTogether'] as const;
    expect(ofVideo.map((type) => alone.get(type))).toEqual(ofVideo.map(() => undefined));
    const early = new Source().send({ fromMs: 0, toMs: 3_000 });
    expect(early.get('ArrivesInTime')).toBeUndefined();
    expect(early.get('Sending')).toMatchObject({ holds: true, reason: '', message: '' });
  });

  it('counts jumps and steps back, and warns for a minute', () => {
    const source = new Source().send({ fromMs: 0, toMs: 4_000 });
    source.send({ fromMs: 9_000, toMs: 10_000, hasAudio: false });
    expect(source.facts).toMatchObject({ gaps: 1, stepsBack: 0 });
    source.give(picture(9_500, false));
    source.wait(1_000);
    expect(source.reasons).toEqual(['TimestampsJump', 'TimestampsGoBack']);
    source.send({ fromMs: 9_540, toMs: 67_000, gopMs: 2_000 });
    expect(source.reasons).toContain('TimestampsGoBack');
    source.send({ fromMs: 67_000, toMs: 77_000, gopMs: 2_000 });
    expect(source.reasons).toEqual([]);
    // Audio jumped as far as video, once it came again.
    expect(source.facts).toMatchObject({ gaps: 2, stepsBack: 1 });
    expect(source.totals).toMatchObject({ gaps: 2, stepsBack: 1 });
  });
});

describe('conditions of a publisher', () => {
  it('are taken back once it has sent well for a while', () => {
    const source = new Source().send({ fromMs: 0, toMs: 20_000, gopMs: 10_000 });
    const { sinceUnixMs } = source.get('KeyFramesFrequent')!;
    source.send({ fromMs: 20_000, toMs: 34_000 });
    expect(source.get('KeyFramesFrequent')).toMatchObject({ holds: false, sinceUnixMs });
    source.send({ fromMs: 34_000, toMs: 40_000 });
    expect(source.get('KeyFramesFrequent')).toMatchObject({ holds: true, message: '' });
    expect(source.get('KeyFramesFrequent')!.sinceUnixMs).toBeGreaterThan(sinceUnixMs + 14_000);
    expect(source.changes).toEqual(['KeyFramesRare', 'KeyFramesFrequent']);
  });

  it('do not flap where key frames come irregularly', () => {
    const source = new Source();
    for (let fromMs = 0; fromMs < 90_000; fromMs += 9_000) {
      source.send({ fromMs, toMs: fromMs + 6_000, gopMs: 6_000 });
      source.send({ fromMs: fromMs + 6_000, toMs: fromMs + 9_000, gopMs: 3_000 });
    }
    expect(source.changes).toEqual(['KeyFramesRare']);
  });

  it('nor where figures lie between bad and good', () => {
    const source = new Source().send({ fromMs: 0, toMs: 6_000, gopMs: 6_000 });
    for (let fromMs = 6_000; fromMs < 60_000; fromMs += 4_800) {
      source.send({ fromMs, toMs: fromMs + 4_800, gopMs: 4_800 });
    }
    expect(source.changes).toEqual(['KeyFramesRare']);
    const fair = new Source();
    for (let fromMs = 0; fromMs < 60_000; fromMs += 4_800) {
      fair.send({ fromMs, toMs: fromMs + 4_800, gopMs: 4_800 });
    }
    expect(fair.changes).toEqual([]);
  });

  it('forgive one window in which too little arrives', () => {
    const source = new Source().send({ fromMs: 0, toMs: 10_000 });
    source.send({ fromMs: 10_000, toMs: 14_500 }, { speed: 0.9 });
    source.send({ fromMs: 14_500, toMs: 30_000 }, { speed: 1.02 });
    expect(source.changes).toEqual([]);
  });

  it('keep what was said of a pause for a few seconds', () => {
    const source = new Source().send({ fromMs: 0, toMs: 4_000 });
    source.wait(3_000);
    source.send({ fromMs: 4_000, toMs: 8_000 });
    expect(source.get('Sending')?.message).toMatch(/^nothing came for 3\.0 s/);
    source.send({ fromMs: 8_000, toMs: 12_000 });
    expect(source.get('Sending')).toMatchObject({ holds: true });
  });

  it('are in docs/debugging.md, each with its reason', () => {
    const path = new URL('../../../docs/debugging.md', import.meta.url);
    const text = readFileSync(path, 'utf8');
    for (const { type, reason } of HEALTH_RULES) {
      expect(text).toContain(`| \`${type}\` | \`${reason}\` |`);
    }
  });
});
