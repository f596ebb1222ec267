import type { StreamPart } from './stream-view.ts';

/** A worker that has a stream, with those that pull it from there. */
export interface RelayNode {
  readonly worker: string;
  readonly role: StreamPart['role'];
  /** Without other workers. */
  readonly viewers: number;
  readonly pulledBy: readonly RelayNode[];
}

/**
 * Who pulls a stream from whom, as workers say. At the top is whoever pulls from
 * nobody, or from one that says nothing of it. Reports are seconds apart, so what
 * they say together may go in a circle for a moment; each worker is there once.
 */
export function relayTree(parts: readonly StreamPart[]): RelayNode[] {
  const present = new Set(parts.map(({ worker }) => worker));
  const below = Map.groupBy(parts, ({ upstream }) => upstream);
  const placed = new Set<string>();
  const nodeOf = (part: StreamPart): RelayNode => {
    placed.add(part.worker);
    const children = (below.get(part.worker) ?? []).filter(({ worker }) => !placed.has(worker));
    for (const { worker } of children) placed.add(worker);
    return {
      ...{ worker: part.worker, role: part.role, viewers: playersOf(part) },
      pulledBy: children.map(nodeOf),
    };
  };
  const tops = parts.filter(({ upstream }) => !present.has(upstream)).map(nodeOf);
  const circling = parts.flatMap((part) => (placed.has(part.worker) ? [] : [nodeOf(part)]));
  return [...tops, ...circling];
}

function playersOf({ viewers }: StreamPart): number {
  const all = Object.values(viewers).reduce((sum, count) => sum + count, 0);
  return all - (viewers['relay'] ?? 0);
}
