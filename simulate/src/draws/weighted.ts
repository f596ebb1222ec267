import type { Random } from '@streamcluster/placement';

/** Draws indexes by weight in constant time (Walker's alias method, as Vose builds it). */
export class Weighted {
  private readonly keep: Float64Array;
  private readonly alias: Uint32Array;

  /** At least one weight, none negative, not all 0. */
  constructor(weights: readonly number[]) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scaled = weights.map((weight) => (weight * count) / total);
    this.keep = new Float64Array(count).fill(1);
    this.alias = new Uint32Array(count);
    const small = indexes(scaled, (weight) => weight < 1);
    const large = indexes(scaled, (weight) => weight >= 1);
    for (let less = small.pop(); less !== undefined; less = small.pop()) {
      const more = large.at(-1);
      if (more === undefined) break;
      const weight = scaled[less] ?? 0;
      this.keep[less] = weight;
      this.alias[less] = more;
      const left = (scaled[more] ?? 0) + weight - 1;
      scaled[more] = left;
      if (left >= 1) continue;
      large.pop();
      small.push(more);
    }
  }

  draw(random: Random): number {
    const place = random.next() * this.keep.length;
    const index = Math.floor(place);
    return place - index < (this.keep[index] ?? 1) ? index : (this.alias[index] ?? index);
  }
}

/** How popular the most popular, the second, the third … are: 1 over the rank's power. */
export function zipfWeights(count: number, exponent: number): number[] {
  return Array.from({ length: count }, (_, at) => 1 / (at + 1) ** exponent);
}

function indexes(numbers: readonly number[], isIn: (number: number) => boolean): number[] {
  return numbers.flatMap((number, at) => (isIn(number) ? [at] : []));
}
