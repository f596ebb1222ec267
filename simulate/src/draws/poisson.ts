import type { Random } from '@streamcluster/placement';

/** Above this the normal distribution is as good. */
const SMALL_MEAN = 50;

/** How many of a great many independent things happen, where `mean` do on average. */
export function poisson(random: Random, mean: number): number {
  if (mean > SMALL_MEAN) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}

/** Mean 0, variance 1 (Box and Muller). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}
