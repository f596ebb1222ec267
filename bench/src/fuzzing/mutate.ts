const MAX_INPUT_BYTES = 64 * 1024;
const MAX_MUTATIONS = 8;
/** Where lengths, counts and signs tip over. */
const EDGES = [
  0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x7fff, 0x8000, 0xffff, 0xffffff, 0x7fffffff, 0xffffffff,
];

/** Uniform in [0, 1); the same seed gives the same row (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
type Mutation = (input: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer;

/**
 * Input number `index` of a run: one of the corpus, changed in a few places. It
 * depends on seed, index and corpus only, so that a failure can be repeated.
 */
export function mutatedInput(corpus: readonly Buffer[], seed: number, index: number): Buffer {
  const random = randomOf(seed + Math.imul(index, 0x9e3779b1));
  let input: Buffer = Buffer.from(pick(corpus, random) ?? Buffer.alloc(0));
  const count = 1 + below(random, MAX_MUTATIONS);
  for (let i = 0; i < count; i++) {
    const mutation = pick(MUTATIONS, random);
    if (mutation !== undefined) input = mutation(input, random, corpus);
  }
  return input.subarray(0, MAX_INPUT_BYTES);
}

const flipBit: Mutation = (input, random) => {
  const at = below(random, input.length);
  if (input.length > 0) input[at] = (input[at] ?? 0) ^ (1 << below(random, 8));
  return input;
};

const setEdge: Mutation = (input, random) => {
  const bytes = 1 + below(random, 4);
  if (input.length < bytes) return input;
  const edge = pick(EDGES, random) ?? 0;
  const value = edge % 2 ** (8 * bytes);
  const at = below(random, input.length - bytes + 1);
  if (random() < 0.8) input.writeUIntBE(value, at, bytes);
  else input.writeUIntLE(value, at, bytes);
  return input;
};

const noise: Mutation = (input, random) => {
  const at = below(random, input.length);
  const end = Math.min(input.length, at + 1 + below(random, 16));
  for (let i = at; i < end; i++) input[i] = below(random, 256);
  return input;
};

const cut: Mutation = (input, random) => input.subarray(0, below(random, input.length + 1));

const remove: Mutation = (input, random) => {
  const [start, end] = range(input, random);
  return Buffer.concat([input.subarray(0, start), input.subarray(end)]);
};

const repeat: Mutation = (input, random) => {
  const [start, end] = range(input, random);
  const copies = Array.from({ length: 1 + below(random, 4) }, () => input.subarray(start, end));
  return Buffer.concat([input.subarray(0, end), ...copies, input.subarray(end)]);
};

const insert: Mutation = (input, random) => {
  const at = below(random, input.length + 1);
  const bytes = Buffer.from(
    Array.from({ length: 1 + below(random, 32) }, () => below(random, 256)),
  );
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);
};

/** The head of one input and the tail of another. */
const splice: Mutation = (input, random, corpus) => {
  const other = pick(corpus, random) ?? input;
  const head = input.subarray(0, below(random, input.length + 1));
  return Buffer.concat([head, other.subarray(below(random, other.length + 1))]);
};

const MUTATIONS = [flipBit, flipBit, setEdge, setEdge, noise, cut, remove, repeat, insert, splice];

function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

function pick<T>(values: readonly T[], random: Random): T | undefined {
  return values[below(random, values.length)];
}

/** A piece of at most 1 KB. */
function range(input: Buffer, random: Random): [number, number] {
  const start = below(random, input.length + 1);
  return [start, Math.min(input.length, start + 1 + below(random, 1024))];
}
