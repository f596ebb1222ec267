import type { Connection, Engine } from '../engine/engine.ts';
import type { Stream } from '../stream/stream.ts';

/** The kernel is asked about so many connections of a kind; each is a few calls. */
const SAMPLE = 100;
const UNKNOWN_KIND = 'other';

/** All connections of one kind. */
export interface ConnectionsView {
  readonly kind: string;
  readonly count: number;
  /** Of ours, not given to the kernel yet. */
  readonly queuedBytes: number;
  /** What the kernel holds of those that were asked about, per connection. */
  readonly kernel: {
    readonly sampled: number;
    readonly unacknowledgedBytes: number;
    readonly unreadBytes: number;
    readonly sendMemoryBytes: number;
    readonly receiveMemoryBytes: number;
  };
}

/** What the engine holds, for /debug/objects. */
export function engineObjects(engine: Engine): object {
  const { connections, cursors, logs, extents, queueItems, ...rest } = engine.stats();
  return {
    connections,
    cursors,
    logs,
    extents,
    queueItems,
    queuedBytes: rest.queuedBytes,
    arena: {
      inUseBytes: rest.arenaInUseBytes,
      capBytes: engine.arenaCapBytes,
      recycledBytes: rest.arenaRecycledBytes,
      emptiedBytesTotal: rest.arenaEmptiedBytesTotal,
    },
  };
}

/** Connections by what they are, the most frequent first. */
export function connectionObjects(connections: readonly Connection[]): ConnectionsView[] {
  const kinds = Map.groupBy(connections, ({ handler }) => handler.kind ?? UNKNOWN_KIND);
  return [...kinds]
    .map(([kind, some]) => viewOf(kind, some))
    .sort((one, other) => other.count - one.count);
}

/** What one stream holds, and of whom. */
export function streamObject(stream: Stream): object {
  const { name, state, sourceKind: source, epoch, nextSequence } = stream;
  return {
    name: name.key,
    ...{ state, source, epoch, nextSequence },
    viewers: stream.viewerCounts(),
    arenaBytes: stream.arenaBytes(),
  };
}

function viewOf(kind: string, connections: readonly Connection[]): ConnectionsView {
  const queuedBytes = connections.reduce((sum, one) => sum + one.queuedBytes, 0);
  return { kind, count: connections.length, queuedBytes, kernel: kernelOf(connections) };
}

function kernelOf(connections: readonly Connection[]): ConnectionsView['kernel'] {
  const asked = connections
    .slice(0, SAMPLE)
    .map((connection) => connection.socketMemory())
    .filter((memory) => memory !== undefined);
  const mean = (name: keyof (typeof asked)[number]): number => {
    const sum = asked.reduce((total, memory) => total + memory[name], 0);
    return asked.length === 0 ? 0 : Math.round(sum / asked.length);
  };
  return {
    sampled: asked.length,
    unacknowledgedBytes: mean('unacknowledgedBytes'),
    unreadBytes: mean('unreadBytes'),
    sendMemoryBytes: mean('sendMemoryBytes'),
    receiveMemoryBytes: mean('receiveMemoryBytes'),
  };
}
