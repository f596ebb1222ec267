import fs from 'node:fs';

/** A process, told apart from a later one with the same pid by when it started. */
export interface ProcessId {
  readonly pid: number;
  readonly start: string;
}

export function processOf(pid: number): ProcessId {
  return { pid, start: startOf(pid) };
}

/** Whether it still runs; one that ended and was not waited for does not. */
export function isSame(id: ProcessId): boolean {
  return id.start !== '' && startOf(id.pid) === id.start;
}

/** In clock ticks since boot; empty when there is none, or only its remains. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the last bracket may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/** Pids of a process's children. */
export function childrenOf(pid: number): number[] {
  try {
    const tasks = fs.readdirSync(`/proc/${pid}/task`);
    return tasks
      .flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    return [];
  }
}
