/** CPUs as the resource has them: a number, or a quantity such as `250m`. */
export type Cpus = number | string;

const WHOLE = /^[0-9]+(000m)?$/;
const BYTES_OF: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

export function milliCpus(cpus: Cpus): number {
  if (typeof cpus === 'number') return cpus * 1000;
  return cpus.endsWith('m') ? Number(cpus.slice(0, -1)) : Number(cpus) * 1000;
}

/** CPUs that a worker needs at least a part of. */
export function cpuCount(cpus: Cpus): number {
  return Math.ceil(milliCpus(cpus) / 1000);
}

/** Only whole CPUs can be had alone. */
export function isWholeCpus(cpus: Cpus): boolean {
  return typeof cpus === 'number' || WHOLE.test(cpus);
}

/** Bytes of a quantity of memory, as `512Mi`. */
export function memoryBytes(memory: string): number {
  const unit = /[A-Za-z]*$/.exec(memory)?.[0] ?? '';
  return Number(memory.slice(0, memory.length - unit.length)) * (BYTES_OF[unit] ?? 1);
}

export function memoryMib(memory: string): number {
  return memoryBytes(memory) / 2 ** 20;
}
