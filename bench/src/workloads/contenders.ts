import type { ServerNeed, ServerUnderTest } from '../server/server.ts';
import type { Contender, Lab, Measurement, Role, Sizes } from './workload.ts';

type RunOne = (server: ServerUnderTest, lab: Lab) => Promise<Measurement>;

export function ours(need: ServerNeed, run: RunOne, name = 'ours'): Contender {
  const role: Role = name === 'ours' ? 'ours' : 'variant';
  return { name, role, kind: 'worker', need, run };
}

/** Ours of the revision before players of HLS had sessions. */
export function beforeSessions(need: ServerNeed, run: RunOne): Contender {
  const kind = 'worker-before-sessions';
  return { name: 'ours, without sessions', role: 'variant', kind, need, run };
}

/** The bare system calls for the same work, those that ours makes (ADR 0012). */
export function floor(need: ServerNeed, run: RunOne): Contender {
  return { name: 'floor', role: 'floor', kind: 'floor', need: { ...need, isCopying: true }, run };
}

/** Every other server that can do the task here. */
export function peers(sizes: Sizes, need: ServerNeed, run: RunOne): Contender[] {
  return sizes
    .peers(need.task)
    .map((kind) => ({ name: kind, role: 'peer' as const, kind, need, run }));
}
