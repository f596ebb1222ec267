import type { Random } from '@streamcluster/placement';

/** Chance comes through this, so that it can be seeded. */
export type { Random };

/** `ms` more or less by up to the share (0.2: 80 % to 120 %). */
export function jitter(random: Random, ms: number, share: number): number {
  return ms * (1 - share + 2 * share * random.next());
}

/** Twelve characters that nobody else draws. */
export function nonce(random: Random): string {
  let text = '';
  while (text.length < 12) text += Math.floor(random.next() * 36).toString(36);
  return text;
}
