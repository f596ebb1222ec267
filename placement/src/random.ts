/** Chance comes through this, so that it can be seeded. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
}

/** One of the items, each with the same probability; undefined of none. */
export function pick<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[Math.floor(random.next() * items.length)];
}

/** Two different ones, in any order; as many as there are of fewer. */
export function pickTwo<Item>(random: Random, items: readonly Item[]): Item[] {
  if (items.length < 2) return [...items];
  const first = Math.floor(random.next() * items.length);
  const other = Math.floor(random.next() * (items.length - 1));
  const second = other < first ? other : other + 1;
  return [items[first], items[second]].filter((item) => item !== undefined);
}

/** Deterministic by seed (mulberry32), for tests and simulation; not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
