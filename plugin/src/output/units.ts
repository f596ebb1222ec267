const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What stands for a value that is not known. */
export const UNKNOWN = '-';

/** As kubectl writes ages: two units while the first is small. */
export function age(ms: number): string {
  if (!Number.isFinite(ms)) return UNKNOWN;
  const past = Math.max(0, ms);
  if (past < 2 * MINUTE_MS) return `${Math.floor(past / SECOND_MS)}s`;
  if (past < 10 * MINUTE_MS) return pair(past, [MINUTE_MS, 'm'], [SECOND_MS, 's']);
  if (past < 3 * HOUR_MS) return `${Math.floor(past / MINUTE_MS)}m`;
  if (past < 8 * HOUR_MS) return pair(past, [HOUR_MS, 'h'], [MINUTE_MS, 'm']);
  if (past < 2 * DAY_MS) return `${Math.floor(past / HOUR_MS)}h`;
  if (past < 8 * DAY_MS) return pair(past, [DAY_MS, 'd'], [HOUR_MS, 'h']);
  return `${Math.floor(past / DAY_MS)}d`;
}

/** Age of a time of the API server. */
export function since(time: string | null | undefined, nowMs: number): string {
  return time === undefined || time === null ? UNKNOWN : age(nowMs - Date.parse(time));
}

export function count(value: number | undefined): string {
  return value === undefined ? UNKNOWN : Math.round(value).toLocaleString('en-US');
}

/** A number with its noun: `1 viewer`, `2 viewers`. */
export function counted(value: number | undefined, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function percent(share: number | undefined): string {
  return share === undefined ? UNKNOWN : `${Math.round(share * 100)}%`;
}

export function bitRate(bitsPerSecond: number | undefined): string {
  return scaled(bitsPerSecond, 1000, ['b/s', 'kb/s', 'Mb/s', 'Gb/s', 'Tb/s']);
}

export function bytes(value: number | undefined): string {
  return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/** Three digits at most, as far as there are units. */
function scaled(value: number | undefined, base: number, units: readonly string[]): string {
  if (value === undefined) return UNKNOWN;
  let [amount, unit] = [value, 0];
  while (amount >= base - 0.5 && unit < units.length - 1)
    [amount, unit] = [amount / base, unit + 1];
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits)} ${units[unit] ?? ''}`;
}

function pair(ms: number, ...[one, two]: readonly [[number, string], [number, string]]): string {
  const [large, small] = [Math.floor(ms / one[0]), Math.floor((ms % one[0]) / two[0])];
  return small === 0 ? `${large}${one[1]}` : `${large}${one[1]}${small}${two[1]}`;
}

/** CPUs as Linux writes them: `0-2,5`. */
export function cpuList(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const cpu of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === cpu - 1) run[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
