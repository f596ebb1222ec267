/** What one run of one contender came to; a fault makes it worthless. */
export interface Run<M> {
  readonly round: number;
  readonly contender: string;
  readonly measurement?: M;
  /** A sentence. */
  readonly fault?: string;
}

export interface RoundsOptions<M> {
  /** Names, ours first: the others are paired with it. */
  readonly contenders: readonly string[];
  /** Good rounds wanted of each pair. */
  readonly wanted: number;
  /** Runs one; a rejection counts as a fault, and so does a measurement's own. */
  readonly run: (contender: string, round: number) => Promise<M>;
  readonly faultOf: (measurement: M) => string | undefined;
  readonly onRun?: (run: Run<M>) => void;
}

/** After so many rounds without a single good one a contender is left out. */
const HOPELESS = 2;

/** Who runs when in a round: each round starts with the next one. */
export function orderOf<T>(contenders: readonly T[], round: number): T[] {
  const first = round % Math.max(1, contenders.length);
  return [...contenders.slice(first), ...contenders.slice(0, first)];
}

/**
 * Rounds in which every contender runs once, so that what the machine does
 * beside them hits all alike. A faulty run is kept for the report and spoils its
 * round for its pair; rounds go on until each pair has enough, at most twice as
 * many as wanted.
 */
export async function runRounds<M>(options: RoundsOptions<M>): Promise<Run<M>[]> {
  const { contenders, wanted } = options;
  const runs: Run<M>[] = [];
  for (let round = 0; round < wanted * 2; round++) {
    const open = stillOpen(contenders, runs, wanted);
    if (open.length === 0) break;
    for (const contender of orderOf(open, round)) {
      const run = await oneRun(options, contender, round);
      options.onRun?.(run);
      runs.push(run);
    }
  }
  return runs;
}

async function oneRun<M>(
  { run, faultOf }: RoundsOptions<M>,
  contender: string,
  round: number,
): Promise<Run<M>> {
  try {
    const measurement = await run(contender, round);
    const fault = faultOf(measurement);
    return { round, contender, measurement, ...(fault === undefined ? {} : { fault }) };
  } catch (error) {
    return { round, contender, fault: error instanceof Error ? error.message : String(error) };
  }
}

/** Those who have to run again, ours among them as long as anybody has. */
function stillOpen<M>(
  contenders: readonly string[],
  runs: readonly Run<M>[],
  wanted: number,
): string[] {
  const [ours, ...others] = contenders;
  if (ours === undefined || isHopeless(runs, ours)) return [];
  const open = others.filter(
    (name) => !isHopeless(runs, name) && goodRounds(runs, ours, name).length < wanted,
  );
  const needsOurs = goodRounds(runs, ours, ours).length < wanted;
  return open.length > 0 || needsOurs ? [ours, ...open] : [];
}

function isHopeless<M>(runs: readonly Run<M>[], name: string): boolean {
  const own = runs.filter((run) => run.contender === name);
  return own.length >= HOPELESS && own.every(({ fault }) => fault !== undefined);
}

/** Measurements of two in the rounds in which both were good. */
export function goodRounds<M>(runs: readonly Run<M>[], one: string, other: string): [M, M][] {
  const good = (name: string): Map<number, M> => {
    const own = new Map<number, M>();
    for (const { round, contender, measurement, fault } of runs) {
      if (contender !== name || fault !== undefined || measurement === undefined) continue;
      own.set(round, measurement);
    }
    return own;
  };
  const others = good(other);
  const pairs: [M, M][] = [];
  for (const [round, mine] of good(one)) {
    const theirs = others.get(round);
    if (theirs !== undefined) pairs.push([mine, theirs]);
  }
  return pairs;
}
