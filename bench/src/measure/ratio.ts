/** How many times as much one server used as another, over rounds in pairs. */
export interface Ratio {
  /** Geometric mean of the rounds' ratios. */
  readonly mean: number;
  /** Bounds of the 95 % interval; those of one round alone are 0 and Infinity. */
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

/** What both used in one round. */
export interface Pair {
  readonly numerator: number;
  readonly denominator: number;
}

/** Student's t for 95 % on both sides, by degrees of freedom from 1. */
const STUDENT_T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/**
 * Compares within rounds only: what else the machine does changes from round to
 * round and hits both of a pair alike. Ratios multiply, so their logarithms are
 * what is averaged. Undefined without a pair of which both are above 0.
 */
export function pairedRatio(pairs: readonly Pair[]): Ratio | undefined {
  const logs = pairs
    .filter(({ numerator, denominator }) => numerator > 0 && denominator > 0)
    .map(({ numerator, denominator }) => Math.log(numerator / denominator));
  const rounds = logs.length;
  if (rounds === 0) return undefined;
  const mean = logs.reduce((sum, value) => sum + value, 0) / rounds;
  const half = halfWidth(logs, mean);
  return {
    mean: Math.exp(mean),
    low: Math.exp(mean - half),
    high: Math.exp(mean + half),
    rounds,
  };
}

/** Half of the 95 % interval of a mean. */
function halfWidth(values: readonly number[], mean: number): number {
  const freedom = values.length - 1;
  if (freedom === 0) return Infinity;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return studentT(freedom) * Math.sqrt(squares / freedom / values.length);
}

/** Beyond the table the first term of the expansion is exact to three digits. */
function studentT(freedom: number): number {
  return STUDENT_T[freedom - 1] ?? 1.96 + 2.4 / freedom;
}
