import { SEND_TICK_MAX_MS } from '../engine/tick-policy.ts';

/**
 * Whether a worker takes more: by what it will have to do once those who just
 * came are served like everybody else, not by what it does while they come.
 * Starting a viewer takes a burst of work, which says little about keeping it.
 */
export interface AdmissionState {
  readonly isOpen: boolean;
  /** Busy share of the loop, smoothed. */
  readonly busy: number;
  /** Of it, all but sends on ticks, smoothed longer: joins come in bursts. */
  readonly base: number;
  /** Time that one unit of sending takes. */
  readonly unitMs: number;
}

/** What the loop did since the look before. */
export interface WorkLook {
  readonly elapsedMs: number;
  readonly activeMs: number;
  readonly sendMs: number;
  /** Of sendMs, what waited for its tick. */
  readonly tickSendMs: number;
  readonly sendCalls: number;
  readonly bytesSent: number;
}

/** A call costs as much as sending so many bytes: 9 us and 0.07 ns a byte were
 * measured on loopback sockets; only the relation matters here. */
const BYTES_PER_CALL_UNIT = 131_072;
/** A cursor with so much to send does not wait for its tick (wheel.c). */
const PENDING_BYTES = 131_072;
/** Below, the time of a unit is not known well enough to learn from. */
const UNITS_MIN_PER_SECOND = 500;

const BUSY_SMOOTH_MS = 3_000;
const BASE_SMOOTH_MS = 5_000;
const UNIT_SMOOTH_MS = 2_000;
/** What was measured in a bad moment must not keep the door shut. */
const UNIT_FORGET_MS = 30_000;

/** Nobody new above this, until it is below the other: those who are here
 * would be late, and each refusal and each return costs something too. */
const EXPECTED_CLOSE = 0.85;
const EXPECTED_OPEN = 0.75;
/** Whatever the reason. */
const BUSY_CLOSE = 0.95;
const BUSY_OPEN = 0.85;

/** What a quiet publisher adds to base, until it is measured. A busy one costs
 * several times that, but publishing takes a while, so that the loop shows it. */
export const PUBLISHER_SHARE = 0.0001;

export const INITIAL_ADMISSION: AdmissionState = { isOpen: true, busy: 0, base: 0, unitMs: 0.009 };

/** Units a second that a viewer costs at the longest tick. */
export function viewerUnits(bitsPerSecond: number): number {
  const bytes = bitsPerSecond / 8;
  return Math.max(1_000 / SEND_TICK_MAX_MS, bytes / PENDING_BYTES) + bytes / BYTES_PER_CALL_UNIT;
}

/** Busy share once every viewer is served at the longest tick, 0 to above 1. */
export function expectedBusy({ base, unitMs }: AdmissionState, unitsPerSecond: number): number {
  return base + (unitMs * unitsPerSecond) / 1_000;
}

/** The state after a look at the loop; `unitsPerSecond` is of all viewers now. */
export function observe(
  before: AdmissionState,
  look: WorkLook,
  unitsPerSecond: number,
): AdmissionState {
  const { elapsedMs } = look;
  const toward = (from: number, to: number, smoothMs: number): number =>
    from + (to - from) * Math.min(1, elapsedMs / smoothMs);
  const units = look.sendCalls + look.bytesSent / BYTES_PER_CALL_UNIT;
  const isTelling = units * 1_000 > UNITS_MIN_PER_SECOND * elapsedMs;
  const measured = {
    isOpen: before.isOpen,
    busy: toward(before.busy, look.activeMs / elapsedMs, BUSY_SMOOTH_MS),
    base: toward(before.base, (look.activeMs - look.tickSendMs) / elapsedMs, BASE_SMOOTH_MS),
    unitMs: isTelling
      ? toward(before.unitMs, look.sendMs / units, UNIT_SMOOTH_MS)
      : toward(before.unitMs, INITIAL_ADMISSION.unitMs, UNIT_FORGET_MS),
  };
  return { ...measured, isOpen: isOpenAfter(measured, unitsPerSecond) };
}

/** Open and closed have bounds of their own, or the door would flap. */
export function isOpenAfter(state: AdmissionState, unitsPerSecond: number): boolean {
  const expected = expectedBusy(state, unitsPerSecond);
  return state.isOpen
    ? expected < EXPECTED_CLOSE && state.busy < BUSY_CLOSE
    : expected < EXPECTED_OPEN && state.busy < BUSY_OPEN;
}
