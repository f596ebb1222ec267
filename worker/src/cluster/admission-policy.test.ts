import { describe, expect, it } from 'vitest';
import {
  expectedBusy,
  INITIAL_ADMISSION,
  observe,
  viewerUnits,
  type AdmissionState,
  type WorkLook,
} from './admission-policy.ts';

const LOOK_MS = 250;
const TWO_MBPS = 2_000_000;

/** Steady work for a while, as shares of the time. */
function after(
  seconds: number,
  { busy, sends = 0, unitMs = 0.009 }: { busy: number; sends?: number; unitMs?: number },
  unitsPerSecond = 0,
  from: AdmissionState = INITIAL_ADMISSION,
): AdmissionState {
  const sendMs = sends * LOOK_MS;
  const look: WorkLook = {
    elapsedMs: LOOK_MS,
    activeMs: busy * LOOK_MS,
    sendMs,
    tickSendMs: sendMs,
    sendCalls: sendMs / unitMs,
    bytesSent: 0,
  };
  let state = from;
  for (let i = 0; i < (seconds * 1_000) / LOOK_MS; i += 1) {
    state = observe(state, look, unitsPerSecond);
  }
  return state;
}

describe('admission', () => {
  it.each([
    ['idle', 0.05, true],
    ['busy', 0.8, true],
    ['nearly full with what is no sending', 0.9, false],
    ['full', 1, false],
  ])('a loop that is %s', (_, busy, isOpen) => {
    expect(after(20, { busy }).isOpen).toBe(isOpen);
  });

  it('a second of joining closes nothing: 2,000 viewers in one second', () => {
    const storm = after(1, { busy: 1 }, 2_000 * viewerUnits(TWO_MBPS), after(10, { busy: 0.1 }));
    expect(storm.isOpen).toBe(true);
  });

  it('expects what viewers will cost before it is seen', () => {
    const calm = after(10, { busy: 0.1 });
    const many = observe(
      calm,
      { elapsedMs: 250, activeMs: 25, sendMs: 0, tickSendMs: 0, sendCalls: 0, bytesSent: 0 },
      20_000 * viewerUnits(TWO_MBPS),
    );
    expect(calm.busy).toBeLessThan(0.15);
    expect(many.isOpen).toBe(false);
  });

  it('learns what a unit costs where calls are dear', () => {
    const dear = after(20, { busy: 0.5, sends: 0.4, unitMs: 0.05 });
    expect(dear.unitMs).toBeCloseTo(0.05, 3);
    expect(expectedBusy(dear, 10_000)).toBeCloseTo(0.1 + 0.5, 2);
    expect(after(20, { busy: 0.5, sends: 0.001, unitMs: 0.05 }).unitMs).toBe(0.009);
  });

  it('forgets what calls cost in a bad moment', () => {
    const dear = after(20, { busy: 0.5, sends: 0.4, unitMs: 0.5 });
    expect(after(120, { busy: 0.1 }, 0, dear).unitMs).toBeLessThan(0.03);
  });

  it('opens again below a bound of its own', () => {
    const full = after(20, { busy: 0.9 });
    expect(after(30, { busy: 0.8 }, 0, full).isOpen).toBe(false);
    expect(after(30, { busy: 0.7 }, 0, full).isOpen).toBe(true);
    expect(after(30, { busy: 0.8 }).isOpen).toBe(true);
  });
});

describe('a viewer costs', () => {
  it.each([
    ['calls at the longest tick when it gets little', 0, 6.25],
    ['calls and bytes', 2_000_000, 6.25 + 1.907],
    ['calls at 128 KB when it gets much', 20_000_000, 19.07 + 19.07],
  ])('%s', (_, bitsPerSecond, units) => {
    expect(viewerUnits(bitsPerSecond)).toBeCloseTo(units, 1);
  });
});
