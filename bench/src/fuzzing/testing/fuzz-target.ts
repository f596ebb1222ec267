import type { FuzzTarget } from '../target.ts';

const kept: Buffer[] = [];
const corpus = (): Buffer[] => [Buffer.from([1, 2, 3, 4, 5, 6])];

/** Parsers as they must not be, to see that the runner notices. */
export const fuzzTargets: FuzzTarget[] = [
  {
    name: 'throws',
    corpus,
    run(input) {
      if (input.includes(7)) throw new Error('found a 7');
    },
  },
  {
    name: 'grows',
    corpus,
    run: () => void kept.push(Buffer.alloc(64 * 1024)),
  },
  {
    name: 'is slow',
    corpus,
    run(input) {
      const until = performance.now() + (input.includes(7) ? 300 : 0);
      while (performance.now() < until);
    },
  },
  {
    name: 'hangs',
    corpus,
    run(input) {
      while (input.includes(7));
    },
  },
];
