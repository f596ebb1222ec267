import { describe, expect, it } from 'vitest';
import { HUNG_MS, Silence, type Look, type Verdict } from './silence.ts';

const PERIOD_MS = 250;

/** When it counts as hung, in ms, or undefined, when each look is as told. */
function hungAfterMs(
  seconds: number,
  lookAt: (nowMs: number) => Partial<Look>,
): number | undefined {
  const silence = new Silence(2 * PERIOD_MS);
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += PERIOD_MS) {
    const look = { nowMs, isBusConnected: true, reportSequence: 1n, queuedMs: 0 };
    if (silence.look({ ...look, ...lookAt(nowMs) }) === 'hung') return nowMs;
  }
  return undefined;
}

describe('Silence', () => {
  it('is too long after three seconds', () => {
    expect(hungAfterMs(10, () => ({}))).toBe(HUNG_MS);
  });

  it('is suspicious before, so that it can be asked, and is broken by an answer', () => {
    const silence = new Silence(2 * PERIOD_MS);
    const look = { isBusConnected: true, reportSequence: 1n, queuedMs: 0 };
    const verdicts: Verdict[] = [];
    for (let nowMs = 0; nowMs <= 8_000; nowMs += PERIOD_MS) {
      const verdict = silence.look({ ...look, nowMs });
      verdicts.push(verdict);
      if (verdict === 'suspect') silence.answered();
    }
    expect(verdicts.filter((verdict) => verdict === 'suspect')).toHaveLength(3);
    expect(verdicts).not.toContain('hung');
  });

  it('is broken by each report', () => {
    const reports = (nowMs: number): Partial<Look> => ({
      reportSequence: BigInt(Math.floor(nowMs / 2200)),
    });
    expect(hungAfterMs(60, reports)).toBeUndefined();
  });

  it('does not begin before the first report', () => {
    expect(hungAfterMs(60, () => ({ reportSequence: undefined }))).toBeUndefined();
  });

  it('does not count while the bus is away, and begins anew afterwards', () => {
    const away = (nowMs: number): Partial<Look> => ({
      isBusConnected: nowMs < 2_000 || nowMs > 30_000,
    });
    expect(hungAfterMs(60, away)).toBe(30_000 + HUNG_MS);
  });

  it('does not count the time in which the machine ran others', () => {
    // Nine tenths of the time it waits for its CPU.
    const starved = (nowMs: number): Partial<Look> => ({ queuedMs: nowMs * 0.9 });
    expect(hungAfterMs(29, starved)).toBeUndefined();
    expect(hungAfterMs(40, starved)).toBeGreaterThanOrEqual(30_000);
  });

  it('does not count the time in which we did not look', () => {
    const silence = new Silence(2 * PERIOD_MS);
    const look = { isBusConnected: true, reportSequence: 1n, queuedMs: 0 };
    silence.look({ ...look, nowMs: 0 });
    // The machine was suspended for an hour.
    expect(silence.look({ ...look, nowMs: 3_600_000 })).toBe('well');
    expect(silence.silentMs).toBe(2 * PERIOD_MS);
  });
});
