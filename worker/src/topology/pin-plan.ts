import type { Machine } from './machine.ts';

/** Which thread runs where. */
export interface PinPlan {
  readonly loopCpu: number;
  /** Of all other threads: the collector's, the pool's. Never empty. */
  readonly helperCpus: readonly number[];
}

/**
 * Pure: the loop gets the first thread of the first core that is allowed whole,
 * or the first CPU where there is none; `present` stays if it may. Helpers run on
 * other cores if there are, else beside the loop on its core, else with it.
 */
export function planPins(
  allowed: readonly number[],
  { threadsOfCpu }: Machine,
  present?: number,
): PinPlan | undefined {
  const siblings = (cpu: number): readonly number[] => threadsOfCpu.get(cpu) ?? [cpu];
  const isWhole = (cpu: number): boolean => siblings(cpu).every((each) => allowed.includes(each));
  const stays = allowed.find((cpu) => cpu === present);
  const loopCpu = stays ?? allowed.find(isWhole) ?? allowed[0];
  if (loopCpu === undefined) return undefined;
  const elsewhere = allowed.filter((cpu) => !siblings(loopCpu).includes(cpu));
  const beside = allowed.filter((cpu) => cpu !== loopCpu);
  const helperCpus = [elsewhere, beside, [loopCpu]].find(({ length }) => length > 0) ?? [loopCpu];
  return { loopCpu, helperCpus };
}
