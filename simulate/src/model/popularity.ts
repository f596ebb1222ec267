import type { Random } from '@streamcluster/placement';
import { shuffled } from '../draws/shuffled.ts';
import { Weighted, zipfWeights } from '../draws/weighted.ts';

/** How many of the viewers come for which stream, by the stream's index. */
export class Popularity {
  /** They add up to 1. */
  private readonly shares: readonly number[];
  private readonly weighted: Weighted;
  private readonly random: Random;

  /** `exponent` undefined: all come for the first of the streams. */
  constructor(streams: number, random: Random, exponent: number | undefined) {
    const weights = exponent === undefined ? only(streams, 0) : zipfWeights(streams, exponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const shares = weights.map((weight) => weight / total);
    this.shares = exponent === undefined ? shares : shuffled(random, shares);
    this.weighted = new Weighted(this.shares);
    this.random = random;
  }

  draw(): number {
    return this.weighted.draw(this.random);
  }

  shareOf(stream: number): number {
    return this.shares[stream] ?? 0;
  }
}

function only(streams: number, index: number): number[] {
  return Array.from({ length: streams }, (_, at) => Number(at === index));
}
