/** Chance comes through this, so that it can be seeded. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
}

/** One of the items, each with the same probability. */
export function pick<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[Math.floor(random.next() * items.length)];
}

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
