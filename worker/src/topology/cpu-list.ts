/** Beyond any kernel's NR_CPUS: whatever names more is no list of CPUs. */
const NUMBER_LIMIT = 8_192;
const LIST = /^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/;

/** Pure: the kernel's list format, `0,4-7`, ascending, each number once.
 * Undefined: not a list. CPUs and NUMA nodes are written the same way. */
export function parseCpuList(text: string): number[] | undefined {
  const list = text.trim();
  if (list === '') return [];
  if (!LIST.test(list)) return undefined;
  const numbers = new Set<number>();
  for (const part of list.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (last < first || last >= NUMBER_LIMIT) return undefined;
    for (let number = first; number <= last; number += 1) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** The same set; both ascending. */
export function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, index) => number === b[index]);
}
