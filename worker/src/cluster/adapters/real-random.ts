import type { Random } from '../random.ts';

export const realRandom: Random = { next: () => Math.random() };
