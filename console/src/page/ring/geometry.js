// @ts-check
// A stream's memory as a ring: time goes round clockwise, as on a dial, and comes back to where it was.

const MIN_PERIOD_MS = 8_000;
/** So much of the ring stays empty between the oldest frame and the writer. */
const ROOM = 1.18;

/**
 * How long once around takes. It stays while what is kept fits well, so that things stay where they are.
 * @param {number} keptMs from the oldest frame to the newest @param {number} before 0: there was none
 */
export function periodFor(keptMs, before) {
  const fits = before >= keptMs * 1.05 && before <= Math.max(MIN_PERIOD_MS, keptMs * 1.7);
  if (fits) return before;
  return Math.max(MIN_PERIOD_MS, Math.ceil((keptMs * ROOM) / 2_000) * 2_000);
}

/** Degrees clockwise from the top. @param {number} ms @param {number} periodMs */
export function angleOf(ms, periodMs) {
  return ((((ms % periodMs) + periodMs) % periodMs) / periodMs) * 360;
}

/** @param {number} radius @param {number} degrees @returns {[number, number]} */
export function pointAt(radius, degrees) {
  const angle = ((degrees - 90) * Math.PI) / 180;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/**
 * The path of an arc, clockwise; at most once around, empty when it has no length.
 * @param {number} radius @param {number} from degrees @param {number} sweep degrees
 */
export function arc(radius, from, sweep) {
  if (!(sweep > 0)) return '';
  const length = Math.min(sweep, 359.99);
  const [x1, y1] = pointAt(radius, from);
  const [x2, y2] = pointAt(radius, from + length);
  const isLarge = length > 180 ? 1 : 0;
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(2));
  return `M${a} ${b}A${radius} ${radius} 0 ${isLarge} 1 ${c} ${d}`;
}

/**
 * GOPs of a log, oldest first: where each begins, and where the next one does.
 * @param {{starts: {dtsMs: number}[]}} log @param {number} newestDtsMs
 */
export function gopsOf({ starts }, newestDtsMs) {
  return starts.map(({ dtsMs }, index) => ({
    fromMs: dtsMs,
    toMs: starts[index + 1]?.dtsMs ?? Math.max(dtsMs, newestDtsMs),
    isNewest: index === starts.length - 1,
  }));
}

/** How much of its bound a reader is behind, in words. @param {number} lagMs @param {number} maxLagMs */
export function lagTone(lagMs, maxLagMs) {
  if (lagMs > maxLagMs * 0.6) return 'bad';
  return lagMs > 1_500 ? 'warn' : 'good';
}
